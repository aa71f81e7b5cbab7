/** The shell prompt: the code of `shell-init` for each prompt, compared with a subshell. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bareEnvironment, PROFILE, writeHomeWithProfiles } from './homes.mjs'
import { timeProgram } from './measure.mjs'
import { findOnPath } from './programs.mjs'

/** The number of prompts in one shell: many, so that the start of the shell does not count. */
const PROMPTS = 2000
/** The number of runs that start a process each. */
const PROCESSES = 10

const SHELLS = {
  bash: {
    argv: ['bash', '--norc', '--noprofile'],
    loop: (times, what) => `for ((i = 0; i < ${times}; i++)); do ${what}; done`,
    fork: 'x=$(:)',
    forkName: '$(:)',
    gate: 0.25,
  },
  zsh: {
    argv: ['zsh', '-f'],
    loop: (times, what) => `for ((i = 0; i < ${times}; i++)); do ${what}; done`,
    fork: 'x=$(:)',
    forkName: '$(:)',
    gate: 0.25,
  },
  fish: {
    argv: ['fish', '--no-config'],
    loop: (times, what) => `for i in (seq ${times}); ${what}; end`,
    fork: 'set x (date +%s)',
    forkName: '(date +%s)',
    gate: 0.6,
  },
}

/** Returns a block for each installed shell, and one which shows that the number of profiles does not matter. */
export function promptBlocks(tool, folder) {
  const home = (name, profiles) => createPromptHome(join(folder, name), profiles, tool)
  const [few, many] = [home('prompt-few', 5), home('prompt-many', 500)]
  const found = Object.keys(SHELLS).filter((shell) => findOnPath(shell) !== undefined)
  const blocks = found.map((shell) => {
    const { fork, forkName, gate, loop } = SHELLS[shell]
    const row = (name, times, what, more = {}) => ({
      name,
      measure: () => timeInShell(shell, few, loop(times, what), times),
      ...more,
    })
    const status =
      shell === 'fish'
        ? `set x (${process.execPath} ${tool} status ${PROFILE})`
        : `x=$(${process.execPath} ${tool} status ${PROFILE})`
    return {
      title: `Prompt in ${shell}`,
      unit: 'µs',
      rounds: 15,
      rows: [
        row(forkName, PROMPTS / 20, fork),
        row(`${forkName}, again`, PROMPTS / 20, fork, { isControl: true }),
        row('the prompt', PROMPTS, '_awsmfa_prompt', { gate }),
        row('$(awsmfa status)', PROCESSES, status),
      ],
    }
  })
  if (!found.includes('bash')) return blocks
  const at = (name, place, more = {}) => ({
    name,
    measure: () => timeInShell('bash', place, SHELLS.bash.loop(PROMPTS, '_awsmfa_prompt'), PROMPTS),
    ...more,
  })
  return [
    ...blocks,
    {
      title: 'Prompt among many profiles',
      unit: 'µs',
      rounds: 15,
      rows: [at('5 profiles', few), at('500 profiles', many, { gate: 1.3 })],
    },
  ]
}

/** Creates a home as after a login, with the prompt cache and the code for each shell. */
function createPromptHome(home, profiles, tool) {
  writeHomeWithProfiles(home, profiles)
  mkdirSync(join(home, '.aws', 'credentials.awsmfa'), { mode: 0o700 })
  writeFileSync(
    join(home, '.aws', 'credentials.awsmfa', PROFILE),
    `1 ${Math.floor(Date.now() / 1000) + 6 * 3600} ends ${PROFILE}\n`,
    { mode: 0o600 },
  )
  for (const shell of Object.keys(SHELLS))
    writeFileSync(
      join(home, `init.${shell}`),
      execFileSync(process.execPath, [tool, 'shell-init', shell], { env: bareEnvironment(home) }),
    )
  return home
}

/** Returns microseconds per run. */
function timeInShell(shell, home, code, times) {
  const script = `source ${join(home, `init.${shell}`)}\n${code}\n`
  return (
    (timeProgram([...SHELLS[shell].argv, '-c', script], bareEnvironment(home, { AWS_PROFILE: PROFILE })) * 1000) / times
  )
}
