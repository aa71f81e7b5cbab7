// The code for each shell is imported as a string: scripts/build.mjs and test/vitest.config.ts load these files as
// text.
declare module '*.bash' {
  const text: string
  export default text
}
declare module '*.fish' {
  const text: string
  export default text
}
declare module '*.ps1' {
  const text: string
  export default text
}
declare module '*.zsh' {
  const text: string
  export default text
}
