// The code for each shell is imported as a string: scripts/build.mjs and test/vitest.config.ts load these files as
// text. The licenses of what the product contains are a module that the build writes.
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
declare module 'awsmfa:notices' {
  const text: string
  export default text
}
