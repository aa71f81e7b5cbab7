/** Complete logins with `--token-code`, from process start to exit, against a server without latency. */
import { join } from 'node:path'
import { bareEnvironment, PROFILE } from './homes.mjs'
import { timeProgram } from './measure.mjs'
import { peakMemoryOf } from './memory.mjs'
import { findAwsCli, findExecutable, findPythonPeer, FLOOR } from './programs.mjs'
import { checkWritten, environmentOf, freshCode, fullSizeBundle, writeHomeOfUser } from './strict-sts.mjs'

/**
 * Returns the blocks: HTTP, TLS and memory. Each run renews a session; the identity of the keys is cached by the
 * warm-up rounds. The Python programs load a CA bundle of realistic size, as they always do; one row shows awsmfa with
 * the same.
 */
export function loginBlocks(tool, sts, folder) {
  const bundle = fullSizeBundle(sts, folder)
  const row = (name, transport, more, argvFor, rest = {}) =>
    loginRow({
      name,
      sts,
      home: join(folder, `${transport}-${name.replaceAll(/\W+/g, '-')}`),
      transport,
      more,
      argvFor,
      ...rest,
    })
  const awsmfa = (name, transport, gate, more = {}) =>
    row(name, transport, more, (code) => [process.execPath, tool, 'login', PROFILE, '--token-code', code], {
      gate,
      writes: true,
    })
  const standalone = findExecutable()
  const executable = (transport, goal, gate) =>
    standalone === undefined
      ? []
      : [
          row('executable login', transport, {}, (code) => [standalone, 'login', PROFILE, '--token-code', code], {
            goal,
            gate,
            writes: true,
          }),
        ]
  const yardsticks = (transport) =>
    yardstickRows(row, transport, sts, transport === 'https' ? { AWS_CA_BUNDLE: bundle } : {})
  const floors = floorRows(folder)
  const notMeasured = [
    ...(findAwsCli() === undefined ? ['aws sts get-session-token'] : []),
    ...(findPythonPeer() === undefined ? ['aws-mfa --force'] : []),
  ]
  return [
    {
      title: 'Login over http',
      rounds: 25,
      rows: [...floors, awsmfa('awsmfa login', 'http', 6.3), ...executable('http', 1.6, 2.6), ...yardsticks('http')],
      notMeasured,
    },
    {
      title: 'Login over TLS',
      rounds: 25,
      rows: [
        ...floors,
        awsmfa('awsmfa login', 'https', 7.7),
        ...executable('https', 2, 2.8),
        awsmfa('awsmfa login, full-size CA bundle', 'https', undefined, { AWS_CA_BUNDLE: bundle }),
        ...yardsticks('https'),
      ],
      notMeasured,
    },
    memoryBlock(tool, sts, join(folder, 'memory')),
  ]
}

function floorRows(folder) {
  const measure = () => timeProgram(FLOOR, bareEnvironment(folder))
  return [
    { name: 'node -e 0', measure },
    { name: 'node -e 0, again', measure, isControl: true },
  ]
}

function loginRow({ name, sts, home, transport, more, argvFor, goal, gate, writes = false, isTyped = false }) {
  writeHomeOfUser(home, sts)
  const env = environmentOf(sts, home, transport, more)
  const measure = async () => {
    const code = await freshCode(sts, home)
    const run = () => timeProgram(argvFor(code), env, isTyped ? `${code}\n` : undefined)
    return writes ? checkWritten(home, run) : run()
  }
  return { name, measure, goal, gate }
}

/**
 * The AWS CLI makes the same call but writes nothing; aws-mfa does the same as awsmfa, and reads its code from stdin.
 */
function yardstickRows(row, transport, { serial }, more) {
  const aws = findAwsCli()
  const peer = findPythonPeer()
  const getToken = (code) => [
    aws,
    'sts',
    'get-session-token',
    '--profile',
    `${PROFILE}-long-term`,
    '--region',
    'eu-west-1',
    '--serial-number',
    serial,
    '--token-code',
    code,
  ]
  const peerLogin = () => [peer, '--profile', PROFILE, '--force', '--device', serial]
  return [
    ...(aws === undefined
      ? []
      : [{ ...row('aws sts get-session-token', transport, more, getToken), isYardstick: true, isSeldom: true }]),
    ...(peer === undefined
      ? []
      : [
          {
            ...row('aws-mfa --force', transport, { ...more, AWS_DEFAULT_REGION: 'eu-west-1' }, peerLogin, {
              writes: true,
              isTyped: true,
            }),
            isYardstick: true,
            isSeldom: true,
          },
        ]),
  ]
}

function memoryBlock(tool, sts, home) {
  writeHomeOfUser(home, sts)
  const env = environmentOf(sts, home, 'https')
  const login =
    (...program) =>
    async () => {
      const code = await freshCode(sts, home)
      return checkWritten(home, () => peakMemoryOf([...program, 'login', PROFILE, '--token-code', code], env))
    }
  const standalone = findExecutable()
  return {
    title: 'Peak memory of a login over TLS',
    unit: 'MB',
    rounds: 10,
    rows: [
      { name: 'node -e 0', measure: () => peakMemoryOf(FLOOR, env) },
      { name: 'awsmfa login', measure: login(process.execPath, tool), gate: 1.7 },
      ...(standalone === undefined
        ? []
        : [{ name: 'executable login', measure: login(standalone), goal: 1.3, gate: 2 }]),
    ],
  }
}
