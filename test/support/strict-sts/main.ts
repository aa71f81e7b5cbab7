/**
 * The server process. Reads one line of JSON (`Start`) from stdin, prints one line of JSON (`Listening`), and serves
 * until stdin closes, so that it never outlives its parent.
 */
import type { FrontOptions, Fronts } from './fronts.ts'
import type { World } from './world.ts'
import { createControl } from './control.ts'
import { listen, startFronts } from './fronts.ts'
import { createState } from './state.ts'

export type Start = { readonly world: World; readonly options: FrontOptions & { readonly clockOffsetMs?: number } }
export type Listening = Fronts & { readonly listening: true; readonly controlPort: number }

const start = async (line: string): Promise<void> => {
  const { world, options } = JSON.parse(line) as Start
  const state = createState(world, options.clockOffsetMs ?? 0)
  const fronts = await startFronts(state, options)
  const listening: Listening = { listening: true, controlPort: await listen(createControl(state)), ...fronts }
  process.stdout.write(`${JSON.stringify(listening)}\n`)
}

const fail = (error: unknown): void => {
  process.stderr.write(`strict-sts: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

const run = (): void => {
  let pending = ''
  let isStarted = false
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (chunk: string) => {
    if (isStarted) return
    pending += chunk
    const end = pending.indexOf('\n')
    if (end < 0) return
    isStarted = true
    start(pending.slice(0, end)).catch(fail)
  })
  process.stdin.on('end', () => process.exit(0))
  process.stdin.on('error', () => process.exit(0))
}

run()
