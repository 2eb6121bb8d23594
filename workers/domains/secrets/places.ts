/** Where sealed values lie, as the vault binds them: a value that is copied to another row does not open. */

export function envVarPlace(organizationId: string, name: string): string {
  return `env_var:${organizationId}:${name}`;
}

export function providerKeyPlace(organizationId: string, provider: string): string {
  return `provider_key:${organizationId}:${provider}`;
}
