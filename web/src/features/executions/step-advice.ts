/** What to do about a failed step, by the first part of its code that is known. */
const ADVICE: readonly (readonly [string, string])[] = [
  ['http_status', 'Look at the answer below, and at the address, headers and body that were sent.'],
  ['http_', 'See that the address is right and its server can be reached.'],
  ['secret_missing', 'Set this secret in the settings of the organization, or name another one.'],
  ['secret', 'See the secret’s allowed hosts in the settings of the organization.'],
  ['expression_', 'Open the node’s settings: the preview below the expression shows what it gives.'],
  ['config_', 'Open the node’s settings: the field is marked there.'],
  ['model_auth', 'The provider refuses the key: set a valid one in the settings of the organization.'],
  ['model_not_found', 'The provider does not know this model: choose another one.'],
  ['model_unknown', 'Choose a model from the list.'],
  ['model_output_invalid', 'The answer did not fit the schema: make the schema or the prompt simpler.'],
  ['model_content_filtered', 'The provider refused this content: reword the prompt.'],
  ['model_bad_request', 'The provider refused the request: see its message and the node’s settings.'],
  ['model_', 'The provider may be down for the moment: run it again, or name a fallback model.'],
  ['upstream_unavailable', 'The service failed several times in a row and is left alone: try again in a moment.'],
  ['step_timeout', 'Give the node a longer time limit, or less to do.'],
  ['loop_too_long', 'Let the loop run over fewer items.'],
  ['output_too_large', 'Keep less of it: an output mapping takes only what is needed.'],
  ['agent_not_published', 'Publish the other agent first.'],
  ['call_', 'Open the execution of the other agent to see what failed there.'],
  ['tool_', 'See the tool’s description and parameters in the node’s settings.'],
  ['approval_', 'Nobody decided as was needed: run it again, or change who is asked.'],
];

export function adviceOn(code: string): string | null {
  return ADVICE.find(([start]) => code.startsWith(start))?.[1] ?? null;
}
