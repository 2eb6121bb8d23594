// Runs before the first paint: the content security policy forbids inline scripts, so this is a file of its own.
(() => {
  let choice = 'system';
  try {
    choice = localStorage.getItem('agentflow.theme') ?? 'system';
  } catch {
    // Storage is blocked: follow the system.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
