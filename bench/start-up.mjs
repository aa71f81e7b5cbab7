/** Start-up: commands without network calls, compared with `node -e 0`. */
import { join } from 'node:path'
import { bareEnvironment, PROFILE, writeHomeWithProfiles } from './homes.mjs'
import { timeProgram } from './measure.mjs'
import { peakMemoryOf } from './memory.mjs'
import { FLOOR, findAwsCli, findExecutable, findOnPath } from './programs.mjs'

/** Other tools for sessions, where they are installed. */
const PEERS = [
  ['aws-vault', '--version'],
  ['aws-vault', '--backend=file', 'list'],
  ['granted', '--version'],
  ['aws-runas', '--version'],
]

/** Returns the blocks: time, time with a large file (which needs fewer rounds), and memory. */
export function startUpBlocks(tool, folder) {
  const few = join(folder, 'few')
  const many = join(folder, 'many')
  writeHomeWithProfiles(few, 10)
  writeHomeWithProfiles(many, 10_000)
  const at = (home, name, argv, more = {}) => ({
    name,
    measure: () => timeProgram(argv, bareEnvironment(home)),
    ...more,
  })
  const awsmfa = (home, name, args, gate, goal) => at(home, name, [process.execPath, tool, ...args], { gate, goal })
  const standalone = findExecutable()
  const executable = (home, name, args, goal, gate) =>
    standalone === undefined ? [] : [at(home, `executable ${name}`, [standalone, ...args], { goal, gate })]
  const floor = (home) => [at(home, 'node -e 0', FLOOR), at(home, 'node -e 0, again', FLOOR, { isControl: true })]
  const peers = (home) =>
    PEERS.flatMap(([name, ...args]) => {
      const program = findOnPath(name)
      return program === undefined ? [] : [at(home, [name, ...args].join(' '), [program, ...args], { isSeldom: true })]
    })
  const memory = (name, argv, rest = {}) => ({
    name,
    measure: () => peakMemoryOf(argv, bareEnvironment(few)),
    ...rest,
  })
  const aws = findAwsCli()
  return [
    {
      title: 'Start-up',
      rounds: 60,
      rows: [
        ...floor(few),
        awsmfa(few, 'awsmfa --version', ['--version'], 1.5),
        // The same build has 1.39 to 1.51, depending on the machine.
        awsmfa(few, 'awsmfa status, 10 profiles', ['status', PROFILE], 1.65, 1.5),
        awsmfa(few, 'awsmfa --help', ['--help'], 3.3),
        ...executable(few, '--version', ['--version'], 0.23, 0.5),
        ...executable(few, 'status, 10 profiles', ['status', PROFILE], 0.4, 0.65),
        ...executable(few, 'status --json, 10 profiles', ['status', PROFILE, '--json'], 0.4, 0.6),
        ...executable(few, 'exec -- true', ['exec', PROFILE, '--', 'true'], 0.5, 1.3),
        ...executable(few, 'settings', ['settings'], 0.5, 1.3),
        ...peers(few),
        ...(aws === undefined
          ? []
          : [
              at(few, 'aws configure get', [aws, 'configure', 'get', 'region', '--profile', PROFILE], {
                isSeldom: true,
              }),
            ]),
      ],
      notMeasured: [
        ...(aws === undefined ? ['aws configure get'] : []),
        ...(standalone === undefined ? ['executable'] : []),
        ...PEERS.filter(([program]) => findOnPath(program) === undefined).map((argv) => argv.join(' ')),
      ],
    },
    {
      title: 'A large file',
      rounds: 25,
      rows: [
        ...floor(many),
        awsmfa(many, 'awsmfa status, 10,000 profiles', ['status', PROFILE], 2.6),
        ...executable(many, 'status, 10,000 profiles', ['status', PROFILE], 0.8, 1.7),
      ],
    },
    {
      title: 'Peak memory',
      unit: 'MB',
      rounds: 10,
      rows: [
        memory('node -e 0', FLOOR),
        memory('awsmfa status, 10 profiles', [process.execPath, tool, 'status', PROFILE], { gate: 1.15 }),
        ...(standalone === undefined
          ? []
          : [memory('executable status, 10 profiles', [standalone, 'status', PROFILE], { goal: 0.65, gate: 1.15 })]),
      ],
    },
  ]
}
