/** Types `ctx.exports`: the loopback bindings to what workers/index.ts exports. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index.ts');
    durableNamespaces:
      | 'CircuitObject'
      | 'ExecutionObject'
      | 'IpThrottleObject'
      | 'OrganizationObject'
      | 'WebhookTargetObject';
  }
}
