/** Start-up: commands without network calls, compared with `node -e 0`. */
import { join } from 'node:path'
import { bareEnvironment, PROFILE, writeHomeWithProfiles } from './homes.mjs'
import { timeProgram } from './measure.mjs'
import { peakMemoryOf } from './memory.mjs'
import { FLOOR, findAwsCli, findExecutable } from './programs.mjs'

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
  const awsmfa = (home, name, args, gate) => at(home, name, [process.execPath, tool, ...args], { gate })
  const standalone = findExecutable()
  const executable = (home, name, args, gate) =>
    standalone === undefined ? [] : [at(home, `executable ${name}`, [standalone, ...args], { gate })]
  const floor = (home) => [at(home, 'node -e 0', FLOOR), at(home, 'node -e 0, again', FLOOR, { isControl: true })]
  const aws = findAwsCli()
  return [
    {
      title: 'Start-up',
      rounds: 60,
      rows: [
        ...floor(few),
        awsmfa(few, 'awsmfa --version', ['--version'], 1.5),
        awsmfa(few, 'awsmfa status, 10 profiles', ['status', PROFILE], 1.5),
        awsmfa(few, 'awsmfa --help', ['--help'], 3.3),
        ...executable(few, '--version', ['--version'], 0.5),
        ...executable(few, 'status, 10 profiles', ['status', PROFILE], 0.65),
        ...executable(few, 'exec -- true', ['exec', PROFILE, '--', 'true'], 1.3),
        ...executable(few, 'settings', ['settings'], 1.3),
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
      ],
    },
    {
      title: 'A large file',
      rounds: 25,
      rows: [
        ...floor(many),
        awsmfa(many, 'awsmfa status, 10,000 profiles', ['status', PROFILE], 2.4),
        ...executable(many, 'status, 10,000 profiles', ['status', PROFILE], 1.7),
      ],
    },
    {
      title: 'Peak memory',
      unit: 'MB',
      rounds: 10,
      rows: [
        { name: 'node -e 0', measure: () => peakMemoryOf(['-e', '0'], bareEnvironment(few)) / 1024 },
        {
          name: 'awsmfa status, 10 profiles',
          measure: () => peakMemoryOf([tool, 'status', PROFILE], bareEnvironment(few)) / 1024,
          gate: 1.15,
        },
      ],
    },
  ]
}
