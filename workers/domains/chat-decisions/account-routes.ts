import {
  chatAccount,
  chatAccountId,
  chatAccountLink,
  chatAccountLinkQuery,
  linkChatAccountRequest,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { describeLink, linkAccount, listAccounts, unlinkAccount } from './accounts.ts';

const tags = ['Chat accounts'];
const EXPIRED = refusal('The link is older than 15 minutes', 'link_expired');

const list = operation({
  method: 'get',
  path: '/chat-accounts',
  operationId: 'listChatAccounts',
  tags,
  summary: 'List your accounts on chat platforms',
  description: 'What they press counts as yours. For people: API keys have none.',
  access: 'signed_in',
  responses: { 200: { description: 'Your accounts', content: json(z.object({ data: z.array(chatAccount) })) } },
});

const describe = operation({
  method: 'get',
  path: '/chat-accounts/link',
  operationId: 'describeChatAccountLink',
  tags,
  summary: 'What a link would connect',
  description: 'Changes nothing: shows whose account it is, to be confirmed.',
  access: 'signed_in',
  request: { query: chatAccountLinkQuery },
  responses: { 200: { description: 'The account', content: json(chatAccountLink) }, 410: EXPIRED },
});

const link = operation({
  method: 'post',
  path: '/chat-accounts/link',
  operationId: 'linkChatAccount',
  tags,
  summary: 'Connect an account on a chat platform',
  description: 'With the token of the link that an unknown account is answered with when it presses a button.',
  access: 'signed_in',
  request: { body: { content: json(linkChatAccountRequest) } },
  responses: {
    200: { description: 'The connected account', content: json(chatAccount) },
    409: refusal('It is connected to another member', 'conflict'),
    410: EXPIRED,
  },
});

const unlink = operation({
  method: 'delete',
  path: '/chat-accounts/{id}',
  operationId: 'unlinkChatAccount',
  tags,
  summary: 'Disconnect one of your accounts on a chat platform',
  access: 'signed_in',
  request: { params: z.object({ id: chatAccountId }) },
  responses: { 204: { description: 'What it presses is nobody’s any more' } },
});

export const chatAccountRoutes = createRouter()
  .openapi(list, async (c) => c.json({ data: await listAccounts(requestContext(c)) }, 200))
  .openapi(describe, async (c) => c.json(await describeLink(requestContext(c), c.req.valid('query').token), 200))
  .openapi(link, async (c) => c.json(await linkAccount(requestContext(c), c.req.valid('json').token), 200))
  .openapi(unlink, async (c) => {
    await unlinkAccount(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  });
