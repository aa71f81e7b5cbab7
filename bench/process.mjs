/** Answers of `credential-process` that need nobody: what every program that uses AWS waits for before it begins. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bareEnvironment, PROFILE, writeHomeWithProfiles } from './homes.mjs'
import { timeProgram } from './measure.mjs'
import { FLOOR, findAwsCli, findBoto3 } from './programs.mjs'
import { environmentOf, freshCode, writeHomeOfUser } from './strict-sts.mjs'

/** What a process in Python has to do at the least: none of this kind is in use that answers from a file. */
const BOTO3_LOOK_UP = `import boto3; assert boto3.Session(profile_name='${PROFILE}').get_credentials().token`

/** The block of this subject. The sealed answer is that of a profile whose `credential_process` is awsmfa, after a login. */
export async function processBlock(tool, sts, folder) {
  const standing = join(folder, 'process-standing')
  writeHomeWithProfiles(standing, 10)
  const sealed = join(folder, 'process-sealed')
  const env = await signedInBySealedCache(tool, sts, sealed)
  const ask = (words, environment) => () =>
    timeProgram([process.execPath, tool, 'credential-process', '--profile', PROFILE, ...words], environment)
  const floor = () => timeProgram(FLOOR, bareEnvironment(folder))
  const aws = findAwsCli()
  const python = findBoto3()
  return {
    title: 'credential-process',
    rounds: 60,
    rows: [
      { name: 'node -e 0', measure: floor },
      { name: 'node -e 0, again', measure: floor, isControl: true },
      { name: 'session in the credentials file', measure: ask([], bareEnvironment(standing)), gate: 1.5 },
      { name: 'sealed answer, key in a file', measure: ask([], env), gate: 1.7 },
      { name: 'the long way, from the cache', measure: ask(['--refresh-window', '5m'], env) },
      ...(aws === undefined
        ? []
        : [
            {
              name: 'aws configure get',
              measure: () =>
                timeProgram([aws, 'configure', 'get', 'region', '--profile', PROFILE], bareEnvironment(standing)),
              isSeldom: true,
            },
          ]),
      ...(python === undefined
        ? []
        : [
            {
              name: 'boto3 finds the session itself',
              measure: () => timeProgram([python, '-c', BOTO3_LOOK_UP], bareEnvironment(standing)),
              isSeldom: true,
            },
          ]),
    ],
    notMeasured: [...(aws === undefined ? ['aws configure get'] : []), ...(python === undefined ? ['boto3'] : [])],
  }
}

async function signedInBySealedCache(tool, sts, home) {
  writeHomeOfUser(home, sts)
  writeFileSync(
    join(home, '.aws', 'config'),
    `[profile ${PROFILE}]\nregion = eu-west-1\ncredential_process = awsmfa credential-process --profile ${PROFILE}\n`,
  )
  const env = environmentOf(sts, home, 'http')
  const code = await freshCode(sts, home)
  for (const words of [
    ['login', PROFILE, '--token-code', code],
    ['credential-process', '--profile', PROFILE],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [tool, ...words], { env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`awsmfa ${words[0]} ended with ${status}:\n${stderr}`)
  }
  return env
}
