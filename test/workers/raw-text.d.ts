/** A file's text, as vite gives it. */
declare module '*.md?raw' {
  const text: string;
  export default text;
}
