// Only syntax and modules that old Nodes have: the sentence below must reach whoever runs one.
const [major = 0] = process.versions.node.split('.').map(Number);

if (major < 20) {
  console.error(
    `AgentFlow needs Node 20 or newer, and this is Node ${process.versions.node}: install a current one from nodejs.org.`,
  );
  process.exitCode = 1;
} else {
  const { startEverything } = await import('./lib/start-everything.mjs');
  const { Refusal } = await import('./lib/toolchain.mjs');
  try {
    process.exitCode = await startEverything(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Refusal ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
  // A request that still waits for the server that is gone must not hold the process.
  setTimeout(() => process.exit(), 1000).unref();
}
