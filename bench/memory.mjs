/** Measures the peak memory of a program, as the system reports it to a small parent. */
import { execFileSync } from 'node:child_process'

// A process that starts another one lends it its own size for a moment, so the parent must be smaller than the program:
// Python is, and Node is not.
const PARENT = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)`

/** Runs a program and returns its peak resident memory in MB. Throws unless it exits with 0. */
export function peakMemoryOf(argv, env) {
  const output = execFileSync('python3', ['-I', '-c', PARENT, ...argv], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // macOS reports bytes, others KB.
  return Number(output) / (process.platform === 'darwin' ? 1024 * 1024 : 1024)
}
