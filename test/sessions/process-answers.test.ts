/** Encrypted answers for repeated `credential-process` calls. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findAnswer } from '../../src/sessions/process-answers.ts'
import type { AnswerSources } from '../../src/sessions/process-answers.ts'
import { forgetAnswers, noteSources, storeAnswer } from '../../src/sessions/process-answers.ts'
import { createCacheKeyFile } from '../../src/sessions/cache-key-file.ts'
import { isWindows, SWEEP_STEP } from '../support/on-windows.ts'
import { expectPrivate } from '../support/scratch.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
interface Places extends AnswerSources {
  readonly profile: string
}

const TEXT = '{"Version":1,"AccessKeyId":"ASIAEXAMPLE"}\n'
const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000)

describe('an answer that was given before', () => {
  let folder = ''
  let places: Places
  const oddities: string[] = []

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-answers-'))
    for (const name of ['aws', 'config', 'cache/sessions', 'state']) mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, 'aws/credentials'), '[base]\n')
    writeFileSync(join(folder, 'aws/config'), '[profile base]\n')
    places = {
      profile: 'base',
      environment: { AWS_REGION: 'eu-west-1', HOME: folder },
      folders: { config: join(folder, 'config'), cache: join(folder, 'cache'), state: join(folder, 'state') },
      files: { credentials: join(folder, 'aws/credentials'), config: join(folder, 'aws/config') },
    }
    createKey()
    oddities.length = 0
    await keep(places)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

  const createKey = () =>
    createCacheKeyFile({
      runtimeFolder: undefined,
      stateFolder: places.folders.state,
      onOddity: (text) => oddities.push(text),
    }).findOrCreate()
  const keep = ({ profile, ...sources }: Places, madeFrom = noteSources(sources)): Promise<void> =>
    storeAnswer(sources, { profile, text: TEXT, goodUntil: inMinutes(45), madeFrom }, NOW, (text) =>
      oddities.push(text),
    )
  const find = (changes: Partial<Places> = {}, now = NOW): string | undefined => {
    const { profile, ...sources } = { ...places, ...changes }
    return findAnswer(profile, sources, now.getTime())
  }
  const file = (): string => join(folder, 'cache/answers/base.sealed')

  it('is given again, and is stored encrypted, for its owner alone', () => {
    expect(find()).toBe(TEXT)
    expect(oddities).toEqual([])
    expect(readFileSync(file(), 'latin1')).not.toContain('ASIA')
    expectPrivate(file(), join(folder, 'cache/answers'))
  })

  it.each<readonly [string, () => unknown]>([
    ['the credentials file', () => writeFileSync(places.files.credentials, '[base]\n[x]\n')],
    ['a file of the same size at another time', () => utimesSync(places.files.config, 1, 1)],
    ['the config file, which is gone', () => rmSync(places.files.config)],
    ['a settings file that came', () => writeFileSync(join(folder, 'config/config.toml'), 'duration = "1h"\n')],
    ['the session cache', () => utimesSync(join(folder, 'cache/sessions'), 1, 1)],
    ['a variable', () => ({ environment: { ...places.environment, AWS_REGION: 'eu-west-2' } })],
    ['a variable that came', () => ({ environment: { ...places.environment, AWS_MFA_SERIAL: 'x' } })],
    ['the files that are named', () => ({ files: { ...places.files, config: join(folder, 'aws/other') } })],
    ['the profile', () => ({ profile: 'other' })],
  ])('is not given where something else was there: %s', (_, change) => {
    expect(find((change() ?? {}) as Partial<Places>)).toBeUndefined()
  })

  it('is given whatever program asks, by whatever name it found the profile', () => {
    expect(
      find({
        environment: {
          ...places.environment,
          AWS_PROFILE: 'base',
          AWS_EXECUTION_ENV: 'x',
          AWS_SDK_LOAD_CONFIG: '1',
          AWSMFA_PROFILE: 'other',
        },
      }),
    ).toBe(TEXT)
  })

  it('is given whatever keys are in the environment, which it does not start from', () => {
    expect(
      find({
        environment: {
          ...places.environment,
          AWS_ACCESS_KEY_ID: 'AKIA',
          AWS_SECRET_ACCESS_KEY: 'x',
          HOME: '/elsewhere',
        },
      }),
    ).toBe(TEXT)
  })

  it('is not given for other keys in the environment where the settings may say to start from them', async () => {
    writeFileSync(join(folder, 'config/config.ini'), 'source_env = true\n')
    const environment = { ...places.environment, AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE1' }
    await keep({ ...places, environment })
    expect(find({ environment })).toBe(TEXT)
    expect(find({ environment: { ...environment, AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE2' } })).toBeUndefined()
    expect(find()).toBeUndefined()
  })

  it.each<readonly [string, () => unknown]>([
    ['the config file', () => writeFileSync(places.files.config, '[profile base]\nrole_arn = x\n')],
    ['the credentials file', () => rmSync(places.files.credentials)],
    ['a settings file', () => writeFileSync(join(folder, 'config/config.ini'), 'duration = 1h\n')],
  ])('is not kept where %s was changed after it was read', async (_, change) => {
    forgetAnswers(places.folders.cache)
    const madeFrom = noteSources(places)
    change()
    await keep(places, madeFrom)
    expect(find()).toBeUndefined()
    expect(oddities).toHaveLength(1)
  })

  it('is kept where awsmfa has stored a session on its way to it', async () => {
    forgetAnswers(places.folders.cache)
    const madeFrom = noteSources(places)
    utimesSync(join(folder, 'cache/sessions'), 1, 1)
    await keep(places, madeFrom)
    expect(find()).toBe(TEXT)
  })

  it.each([
    ['while it is good', inMinutes(44), TEXT],
    ['no longer', inMinutes(45), undefined],
    ['a little before it was made', inMinutes(-4), TEXT],
    ['long before it was made: the clock was set back', inMinutes(-6), undefined],
  ])('%s', (_, now, answer) => expect(find({}, now)).toBe(answer))

  it('is not given under the name of another profile', () => {
    renameSync(file(), join(folder, 'cache/answers/other.sealed'))
    expect(find({ profile: 'other' })).toBeUndefined()
  })

  it('is never another one, wherever the file is cut', () => {
    const whole = readFileSync(file())
    for (let length = 0; length < whole.length; length += SWEEP_STEP) {
      writeFileSync(file(), whole.subarray(0, length))
      expect(find()).toBeUndefined()
    }
  })

  // Every bit of an encrypted text is tried in the tests of the cipher.
  it('is never another one, whatever byte of the file is wrong', () => {
    const whole = readFileSync(file())
    for (let bit = 0; bit < whole.length * 8; bit += 9 * SWEEP_STEP) {
      const bytes = Buffer.from(whole)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      writeFileSync(file(), bytes)
      expect(find()).toBeUndefined()
    }
  })

  it('is not given with another key, or none', () => {
    rmSync(join(folder, 'state/cache-key'))
    expect(find()).toBeUndefined()
    createKey()
    expect(find()).toBeUndefined()
  })

  it.skipIf(isWindows)('is not kept where a link would have to be followed', async () => {
    forgetAnswers(places.folders.cache)
    symlinkSync(places.files.config, join(folder, 'aws/link'))
    await keep({ ...places, files: { ...places.files, config: join(folder, 'aws/link') } })
    expect(oddities).toHaveLength(1)
    expect(existsSync(join(folder, 'cache/answers'))).toBe(false)
  })

  it('is not kept for a name that is too long for a file, or is no text', async () => {
    forgetAnswers(places.folders.cache)
    await keep({ ...places, profile: 'é'.repeat(100) })
    await keep({ ...places, profile: 'half a pair \ud83d' })
    expect(find({ profile: 'half a pair \ud83d' })).toBeUndefined()
    expect(existsSync(join(folder, 'cache/answers'))).toBe(false)
  })

  it.each(['a/b', '..', 'ü ö', "it's", '%2F'])(
    'is kept for a profile called %s in a file below its folder',
    async (profile) => {
      await keep({ ...places, profile })
      expect(find({ profile })).toBe(TEXT)
      expect(readdirSync(join(folder, 'cache/answers'))).toHaveLength(2)
    },
  )
})
