// Loaded ahead of a program by memory.mjs: writes its peak resident memory in KB to descriptor 3 when it ends.
const { readFileSync, writeSync } = require('node:fs')

process.on('exit', () => writeSync(3, String(peakInKB())))

function peakInKB() {
  try {
    return /^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]
  } catch {
    return process.resourceUsage().maxRSS
  }
}
