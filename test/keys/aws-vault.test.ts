/** Access keys of aws-vault, as aws-vault 7.2.0 has written them: what is found, and how anything else is refused. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decryptToken, findVaultKeys, parseVaultLine } from '../../src/keys/aws-vault.ts'
import type { VaultOptions } from '../../src/keys/aws-vault.ts'
import { scratchFolder } from '../support/scratch.ts'

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const PASSPHRASE = 'correct horse'
const never = new AbortController().signal

/** `aws-vault --backend=file add --env work`, with AWS_VAULT_FILE_PASSPHRASE='correct horse'. */
const WORK =
  'eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJjcmVhdGVkIjoiMjAyNi0xMS0zMCAxNzowOTo0NC4zODcwMjI3OTkgKzAwMDAgVVRDIG09KzAuMTU2Mzc0MzI2IiwiZW5jIjoiQTI1NkdDTSIsInAyYyI6ODE5MiwicDJzIjoiYkpaaUxBSHhwdTZYT1FBOCJ9.UusF87BGVWFezhswc6Z8q7phk636qDlc72S7Pu4KO8r3ftpkYfpxEw.tXpvNIwNzww8mon0.QxUUuVh4wt_pdd51H7jGo1KEZ7D0BO42JqFKpC7y3zg4G5djyDsP-v-Lx9qWMLATtx-6ecygJuJTlsD6GJTNcpIPWegH0UXsPJ-XEiwww4FgUm58VmN1xaOM22EGou-m1MmjJGDzUivwFq2GF8js2Prer8Xf8sybG5BUe6KTK8wkjJ-bnl_ccXq9VTN_UU0IRrBwd3wbZzkKXIx323LAQ51zqmlcBJ6FoW5psZOnDQKEfPZOp9et3Vf3cGZDdYWvUnpqi9j4T1A3XsreXuiMVIBbeNgWC8NZgSt3E1HdK03fGGZFp6kp2QbhjCJ7bOAfLMccjBROClkMldSFfz666I4e73zhbaa4drxxm6Tvqzz5McjCq2GKnYt0nFEbzH3-vDKVJv3_HxypTVVO5McmwZvKHcKzRKF2Wps84Zw4KhrAzosn5iPXCEUjqT8I-yq8oIqkDwDrfaz5iwC0SUy0jUule54RxvtUblJHA2niT4__aHdx7wIhWHc.Nao1f16ZDs-HJbi0udRYZA'
/** The same for `team/ops`. */
const TEAM =
  'eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJjcmVhdGVkIjoiMjAyNi0xMS0zMCAxNzowOTo0NC41NzkzMjMwMzkgKzAwMDAgVVRDIG09KzAuMDAzMDQzNzEzIiwiZW5jIjoiQTI1NkdDTSIsInAyYyI6ODE5MiwicDJzIjoiZGhvc1VsOTUxcjBRck0yQyJ9.F0u7P4Loj0in-g8a_HU9vr2NY89FUWPFCCoPrDSRt2GBRPtpK5zmCg.XEUBGOFCg2ARHyeK.OeNef3AiL8JGr-XoDsaXoow8OvHhjwg2htrT_PlxhB26N-15L835EUb4Gzazv9eOACbs9qRHpqtg--iNFDWZSgCH0lxvjYSiKgYufLbhiVn62R8W3unIC1Kb0N_bDB4ts2pRjYP-1lH1GeruFvXpSPJXw-5zIa1P2UWXe7Agq08a4ssyQsZE3M940fxNBnqV84QVSYWtCzJXIWnyhQzoHmUIJ995laz5Ku0jmD8KQqULHINR6OV5U1an5rrdrnZeQUhYUUp3zPn69Nva13g2FRFCLFFqWfoBYX-C7vwU2ISB7092spnFXVfEhNp1LQls-q0v2Ity5Ofio6e8zOKMLDieYvtqEMEPMlcUHMQnHo-x28ZBersegRMO9flJmDJBFkCvSiudN6ofJR2AT3tHtHwMG33jtvTEf8k32bEkRME0-Wjd5ueo0qmdZe8Ux6TkFtNerYVcztXdmOH4eTgBCgULy2ij4huIZ8vNwicZVdNnpJ0ORrQqO2YsattYETwbYg.ja2iZTgWJCyGk7xdV3Xmlg'

interface Vault {
  readonly options: VaultOptions
  readonly asked: boolean[]
}

/** A home with these files of aws-vault, and what is typed. */
function vaultWith(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
  ...typed: readonly string[]
): Vault {
  const home = scratchFolder()
  const folder = join(home, '.awsvault/keys')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const [left, asked] = [[...typed], [] as boolean[]]
  const askPassphrase = (isRetry: boolean): Promise<string> => {
    asked.push(isRetry)
    return Promise.resolve(left.shift() ?? '')
  }
  return {
    asked,
    options: {
      home,
      environment,
      profiles: ['work'],
      canAsk: () => typed.length > 0,
      announce: () => undefined,
      askPassphrase,
    },
  }
}

const SESSION = 'sts.GetSessionToken,d29yaw,YXJuOmF3czppYW06OjExMTExMTExMTExMTptZmEvYWxpY2U,1796040000'

describe('files of aws-vault', () => {
  it('are read with one passphrase, and sessions are left out', async () => {
    const { options, asked } = vaultWith(
      { work: WORK, 'team%2Fops': TEAM, [SESSION]: 'x', 'oidc:x': 'x', '.DS_Store': 'x' },
      {},
      PASSPHRASE,
    )
    const found = findVaultKeys(options)
    expect(found.map(({ profile }) => profile)).toEqual(['team/ops', 'work'])
    for (const { read } of found) expect(await read(never)).toEqual(KEYS)
    expect(asked).toEqual([false])
  })

  it('are read with the passphrase of the environment', async () => {
    const { options, asked } = vaultWith({ work: WORK }, { AWS_VAULT_FILE_PASSPHRASE: PASSPHRASE })
    expect(await findVaultKeys(options)[0]?.read(never)).toEqual(KEYS)
    expect(asked).toEqual([])
  })

  it('are asked for three times', async () => {
    const { options, asked } = vaultWith({ work: WORK }, {}, 'a', 'b', 'c', PASSPHRASE)
    const error: unknown = await findVaultKeys(options)[0]
      ?.read(never)
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ failure: { code: 'VAULT_ITEM_UNREADABLE', reason: 'wrong-passphrase' } })
    expect(asked).toEqual([false, true, true])
  })

  it.each([
    ['nobody to ask', WORK, {}, 'locked', []],
    ['a wrong one in the environment', WORK, { AWS_VAULT_FILE_PASSPHRASE: 'x' }, 'wrong-passphrase', []],
    ['the name of another item', TEAM, { AWS_VAULT_FILE_PASSPHRASE: PASSPHRASE }, 'damaged', []],
    ['half a file', WORK.slice(0, 300), { AWS_VAULT_FILE_PASSPHRASE: PASSPHRASE }, 'damaged', []],
    ['an empty file', '', { AWS_VAULT_FILE_PASSPHRASE: PASSPHRASE }, 'damaged', []],
    ['a changed text', WORK.replace('.QxUU', '.QxUV'), { AWS_VAULT_FILE_PASSPHRASE: PASSPHRASE }, 'damaged', []],
    ['another head', WORK.replace('eyJhbGci', 'eyJhbGcj'), { AWS_VAULT_FILE_PASSPHRASE: PASSPHRASE }, 'damaged', []],
  ])('are refused: %s', async (_, text, environment, reason, questions) => {
    const { options, asked } = vaultWith({ work: text }, environment)
    const [key] = findVaultKeys(options)
    const error: unknown = await key?.read(never).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ failure: { code: 'VAULT_ITEM_UNREADABLE', profile: 'work', reason } })
    expect(asked).toEqual(questions)
  })

  it.each([
    { p2c: 999 },
    { p2c: 10_000_001 },
    { p2c: 1.5e3 + 0.5 },
    { p2c: '8192' },
    { alg: 'dir' },
    { enc: 'A128GCM' },
    { p2s: 1 },
  ])('cost what they may, and have the form that aws-vault writes: %o', async (change) => {
    const [head = '', ...rest] = WORK.split('.')
    const parsed = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
    const changed = Buffer.from(JSON.stringify({ ...parsed, ...change })).toString('base64url')
    expect(await decryptToken([changed, ...rest].join('.'), PASSPHRASE)).toBe('damaged')
  })

  it('are not looked at where aws-vault is told to use another store', () => {
    expect(findVaultKeys(vaultWith({ work: WORK }, { AWS_VAULT_BACKEND: 'pass' }).options)).toEqual([])
    const { options } = vaultWith({ work: WORK }, { AWS_VAULT_FILE_DIR: '~/elsewhere' })
    expect(findVaultKeys(options)).toEqual([])
  })
})

describe('entries of pass', () => {
  function inStore(environment: Readonly<Record<string, string>>): readonly string[] {
    const { options } = vaultWith({}, environment)
    for (const name of ['work.gpg', 'mail.gpg', 'vault/team/ops.gpg', 'vault/.git/x.gpg']) {
      const path = join(options.home ?? '', '.password-store', name)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, '')
    }
    return findVaultKeys(options).map(({ profile, location }) => `${profile} in ${location.replaceAll('\\', '/')}`)
  }

  it('are those below the prefix', () => {
    expect(inStore({ AWS_VAULT_PASS_PREFIX: 'vault' })).toEqual(['team/ops in pass: vault/team/ops'])
  })

  it('are those with the name of a profile, without a prefix', () => {
    expect(inStore({})).toEqual(['work in pass: work'])
  })
})

describe('a line that starts aws-vault', () => {
  it.each([
    ['aws-vault exec work --json', 'aws-vault exec --no-session NEW --json'],
    ['aws-vault exec -nj work', 'aws-vault exec -nj NEW'],
    ['aws-vault exec -j -d 1h "work"', 'aws-vault exec -j -d 1h --no-session NEW'],
    [
      '"C:\\Program Files\\aws-vault.exe" --backend wincred export --format=json work',
      '"C:\\Program Files\\aws-vault.exe" --backend wincred export --format=json --no-session NEW',
    ],
    [
      'env AWS_VAULT_BACKEND=pass aws-vault export --format json -n work',
      'env AWS_VAULT_BACKEND=pass aws-vault export --format json -n NEW',
    ],
  ])('names its item: %s', (line, other) => {
    const parsed = parseVaultLine(line)
    expect(parsed?.item).toBe('work')
    expect(parsed?.lineFor('NEW')).toBe(other)
  })

  it.each([
    'aws-vault exec work',
    'aws-vault export work',
    'aws-vault export --format=env work',
    'aws-vault exec --json work -- aws sts get-session-token',
    'aws-vault exec --json work aws',
    'aws-vault exec --json',
    'aws-vault exec --json --unknown work',
    'aws-vault exec --server --json work',
    'aws-vault login --json work',
    'aws-vault exec --json $work',
    'aws-vault exec --json "my work"',
    'aws-vault exec --json my\\ work',
    'aws-vault exec --json "work',
    "sh -c 'aws-vault exec --json work'",
    'not-aws-vault exec --json work',
    '',
  ])('is refused: %s', (line) => {
    expect(parseVaultLine(line)).toBeUndefined()
  })
})
