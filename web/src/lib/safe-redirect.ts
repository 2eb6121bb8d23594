/** Where to go after login: only places of this application, so that no link can lead people elsewhere. */
export function safeRedirect(target: string | undefined): string {
  return target !== undefined && /^\/dashboard(?:[/?#]|$)/.test(target) ? target : '/dashboard';
}
