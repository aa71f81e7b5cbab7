/** `credential-process` with a valid session: AWS programs wait for it before their first request. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bareEnvironment, PROFILE, writeHomeWithProfiles } from './homes.mjs'
import { timeProgram } from './measure.mjs'
import { FLOOR, findAwsCli, findBoto3, findExecutable } from './programs.mjs'
import { environmentOf, freshCode, writeHomeOfUser } from './strict-sts.mjs'

/** The minimum that a Python program must do to read the session. */
const BOTO3_LOOK_UP = `import boto3; assert boto3.Session(profile_name='${PROFILE}').get_credentials().token`

/** The encrypted answer is cached after a login to a profile whose `credential_process` is awsmfa. */
export async function processBlock(tool, sts, folder) {
  const signedIn = join(folder, 'process-file')
  writeHomeWithProfiles(signedIn, 10)
  const env = await signInToCache(tool, sts, join(folder, 'process-cache'))
  const call =
    (args, environment, program = [process.execPath, tool]) =>
    () =>
      timeProgram([...program, 'credential-process', '--profile', PROFILE, ...args], environment)
  const floor = () => timeProgram(FLOOR, bareEnvironment(folder))
  const standalone = findExecutable()
  const aws = findAwsCli()
  const python = findBoto3()
  return {
    title: 'credential-process',
    rounds: 60,
    rows: [
      { name: 'node -e 0', measure: floor },
      { name: 'node -e 0, again', measure: floor, isControl: true },
      { name: 'session in the credentials file', measure: call([], bareEnvironment(signedIn)), gate: 1.8 },
      { name: 'encrypted answer, key in a file', measure: call([], env), gate: 1.7 },
      ...(standalone === undefined
        ? []
        : [{ name: 'executable, encrypted answer', measure: call([], env, [standalone]), goal: 0.3, gate: 0.7 }]),
      { name: 'without the fast path, from the cache', measure: call(['--refresh-window', '5m'], env) },
      ...(aws === undefined
        ? []
        : [
            {
              name: 'aws configure get',
              measure: () =>
                timeProgram([aws, 'configure', 'get', 'region', '--profile', PROFILE], bareEnvironment(signedIn)),
              isSeldom: true,
            },
          ]),
      ...(python === undefined
        ? []
        : [
            {
              name: 'boto3 finds the session itself',
              measure: () => timeProgram([python, '-c', BOTO3_LOOK_UP], bareEnvironment(signedIn)),
              isSeldom: true,
            },
          ]),
    ],
    notMeasured: [...(aws === undefined ? ['aws configure get'] : []), ...(python === undefined ? ['boto3'] : [])],
  }
}

async function signInToCache(tool, sts, home) {
  writeHomeOfUser(home, sts)
  writeFileSync(
    join(home, '.aws', 'config'),
    `[profile ${PROFILE}]\nregion = eu-west-1\ncredential_process = awsmfa credential-process --profile ${PROFILE}\n`,
  )
  const env = environmentOf(sts, home, 'http')
  const code = await freshCode(sts, home)
  for (const args of [
    ['login', PROFILE, '--token-code', code],
    ['credential-process', '--profile', PROFILE],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [tool, ...args], { env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`awsmfa ${args[0]} ended with ${status}:\n${stderr}`)
  }
  return env
}
