/** The hosts that a person typed, one a line or parted by commas and spaces; each once, as hosts are written. */
export function readHosts(text: string): string[] {
  const hosts = text.split(/[\s,;]+/).map((each) => each.toLowerCase());
  return [...new Set(hosts.filter((each) => each !== ''))];
}
