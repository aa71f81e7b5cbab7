// Preloaded by memory.mjs: writes the peak resident memory of the process, in KB, to descriptor 3 on exit.
const { readFileSync, writeSync } = require('node:fs')

process.on('exit', () => writeSync(3, String(peakInKB())))

function peakInKB() {
  try {
    return /^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]
  } catch {
    return process.resourceUsage().maxRSS
  }
}
