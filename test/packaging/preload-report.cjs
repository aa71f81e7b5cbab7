// Preloaded with `node -r`: on exit, writes the modules that the process has loaded to descriptor 3, as JSON.
const { writeSync } = require('fs')
const before = new Set(process.moduleLoadList)
process.on('exit', () => {
  const builtIns = process.moduleLoadList
    .filter((name) => !before.has(name))
    .flatMap((name) => /^NativeModule (.*)$/.exec(name)?.[1] ?? [])
  const files = Object.keys(require.cache).filter((file) => file !== __filename)
  writeSync(3, JSON.stringify({ builtIns, files }))
})
