/** Types `ctx.exports`: the loopback bindings to what workers/index.ts exports. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index.ts');
    durableNamespaces: 'ExecutionObject' | 'IpThrottleObject' | 'OrganizationObject';
  }
}
