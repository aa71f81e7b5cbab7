/**
 * The rotation of an access key with the executable, whose clock nothing moves: each waits 15 s until AWS has accepted
 * the key often enough, all of them at the same time.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'vitest'
import { BUILT_CLI, PRODUCT, runCli, runProgram } from '../support/run-cli.ts'
import { FAST_CLOCK } from '../support/sandbox.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'

const ID = keyIdFor('111111111111')
const SECRET = secretFor('arn:aws:iam::111111111111:user/alice')
const { serial } = virtualDevice('111111111111', 'alice')

/** Opens a home that is signed in, with an STS of its own. */
async function openHome() {
  const sts = await startStrictSts(aliceWorld())
  const home = createTempHome({
    '.aws/credentials': `[work-long-term]\naws_access_key_id = ${ID}\naws_secret_access_key = ${SECRET}\n`,
    '.aws/config': `[profile work]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\n`,
  })
  const environment = home.environment({ ...sts.environment(), AWSMFA_PASSPHRASE_COMMAND: 'echo sesame' })
  const run = async (...words: readonly string[]): Promise<string> => {
    const { code, stderr } = await runCli(words, { environment })
    if (code !== 0) throw new Error(`${words.join(' ')}: ${code}: ${stderr}`)
    return stderr
  }
  await run('login', 'work', '--token-code', sts.code(serial))
  const operations = async () =>
    (await sts.log())
      .flatMap(({ operation }) => operation ?? [])
      .filter((name) => /^(?:Create|Update|Delete)AccessKey$/.test(name))
  const close = async (): Promise<void> => {
    home.remove()
    await sts.stop()
  }
  return { home, environment, run, operations, close }
}

describe.concurrent('rotate', { timeout: 120_000 }, () => {
  it('replaces a key in the credentials file, and --delete-old deletes the old one', async ({ expect }) => {
    const { home, run, operations, close } = await openHome()
    expect(await run('rotate', 'work', '--yes')).toMatch(/created and stored[^]*replaces[^]*deactivated/)
    const text = String(home.read('.aws/credentials'))
    expect([text.includes(ID), text.includes(SECRET)]).toEqual([false, false])
    expect(await run('rotate', 'work', '--delete-old', '--yes')).toContain('deleted')
    expect(await operations()).toEqual(['CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey'])
    await close()
  })

  it('that is killed goes on, with the key in an encrypted file', async ({ expect }) => {
    const { home, environment, run, operations, close } = await openHome()
    await run('keys', 'move', 'work', '--to', 'encrypted-file', '--yes')
    const [program, ...first] = PRODUCT
    const child = spawn(program, [...first, 'rotate', 'work', '--yes'], { env: environment, stdio: 'pipe' })
    const ended = once(child, 'exit')
    child.stderr.on('data', (piece: Buffer) => String(piece).includes('created and stored') && child.kill('SIGKILL'))
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(String(home.read('.aws/config'))).toContain(ID)
    expect(await run('rotate', 'work', '--yes')).toMatch(/replaces[^]*deactivated/)
    expect(String(home.read('.aws/config'))).not.toContain(ID)
    expect(await operations()).toEqual(['CreateAccessKey', 'UpdateAccessKey'])
    await close()
  })

  it('--undo brings the old key back', async ({ expect }) => {
    const { home, environment, run, operations, close } = await openHome()
    const fast = { ...environment, NODE_OPTIONS: FAST_CLOCK }
    const rotated = await runProgram([process.execPath, BUILT_CLI, 'rotate', 'work', '--yes'], { environment: fast })
    expect(rotated).toMatchObject({ code: 0 })
    expect(await run('rotate', 'work', '--undo', '--yes')).toMatch(/activated[^]*replaces[^]*deactivated/)
    expect(String(home.read('.aws/credentials'))).toContain(SECRET)
    expect(await operations()).toEqual(['CreateAccessKey', 'UpdateAccessKey', 'UpdateAccessKey', 'UpdateAccessKey'])
    await close()
  })
})
