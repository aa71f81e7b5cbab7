/** A change of the shared files: diff, confirmation, backup, write. */
import { describe, expect, test } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { FileDifference } from '../../src/aws-files/diff.ts'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import type { ChangeRecord } from '../../src/layouts/backups.ts'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'
import type { FilePlan, SharedFiles } from '../../src/aws-files/shared-files.ts'
import { changeFiles } from '../../src/layouts/change-files.ts'
import type { ChangeEffects, FileChange } from '../../src/layouts/change-files.ts'

interface Scene {
  readonly texts: { credentials: string; config: string }
  readonly effects: ChangeEffects
  readonly events: string[]
  readonly records: Map<string, ChangeRecord>
}

/** `meanwhile` happens when the user is asked; `transact` what the write throws after its plan. */
function scene(
  answers: readonly boolean[],
  {
    meanwhile = [],
    failure,
    half = false,
  }: {
    readonly meanwhile?: readonly ((texts: Scene['texts']) => void)[]
    readonly failure?: Error
    readonly half?: boolean
  } = {},
): Scene {
  const texts = { credentials: '[a]\nx = 1\n', config: '[b]\n' }
  const events: string[] = []
  const records = new Map<string, ChangeRecord>()
  const [left, events_] = [[...answers], [...meanwhile]]
  const read = (): SharedSnapshots =>
    snapshotsOf({
      credentials: { path: 'credentials', text: texts.credentials, exists: true },
      config: { path: 'config', text: texts.config, exists: true },
    })
  const files: SharedFiles = {
    read,
    removeCopies: () => [],
    preflight: (names) => void events.push(`rehearse ${names.join()}`),
    whenUnlocked: () => Promise.resolve(),
    transact: (_, plan) => {
      const { edits, result } = plan(read())
      if (failure !== undefined && half) texts.config = applyEdits(texts.config, edits.config ?? [])
      if (failure !== undefined) throw failure
      for (const name of ['credentials', 'config'] as const) texts[name] = applyEdits(texts[name], edits[name] ?? [])
      return { result, changed: [], warnings: [] }
    },
  }
  const effects: ChangeEffects = {
    files,
    backups: {
      keep: (record) => {
        const name = `record ${records.size + 1}`
        records.set(name, record)
        events.push(`keep ${name}`)
        return name
      },
      remove: (name) => void (records.delete(name), events.push(`remove ${name}`)),
    },
    terminal: {
      confirm: async ({ text, wanted }) => {
        events.push(`ask ${wanted} ${text}`)
        events_.shift()?.(texts)
        const answer = left.shift()
        if (answer === undefined) throw new Error('asked once more than expected')
        return await Promise.resolve(answer)
      },
    },
    now: () => new Date(0),
    cancelled: new AbortController().signal,
  }
  return { texts, effects, events, records }
}

/** Puts a line behind `x = …` and one at the end of config. */
function plan({ credentials, config }: SharedSnapshots): FilePlan<string> {
  const at = credentials.text.search(/(?<=^x = .*\n)/m)
  if (at < 0) throw new AwsmfaError({ code: 'DECLINED' })
  const value = /x = (.*)/.exec(credentials.text)?.[1] ?? ''
  return {
    edits: {
      credentials: [{ offset: at, length: 0, content: `y = ${value}\n` }],
      config: [{ offset: config.text.length, length: 0, content: 'z = 1\n' }],
    },
    result: value,
  }
}

function change(
  shown: (readonly [readonly FileDifference[], boolean])[],
  more: Partial<FileChange<string>> = {},
): FileChange<string> {
  return {
    plan,
    show: (files, again) => void shown.push([files, again]),
    consent: 'asked',
    keepsBackup: true,
    ...more,
  }
}

const SHOWN = [
  { path: 'credentials', before: '[a]\nx = 1\n', after: '[a]\nx = 1\ny = 1\n' },
  { path: 'config', before: '[b]\n', after: '[b]\nz = 1\n' },
]

describe('a change of files', () => {
  test('is shown, asked about, backed up and made, in this order', async () => {
    const { texts, effects, events, records } = scene([true])
    const shown: [readonly FileDifference[], boolean][] = []
    expect(await changeFiles(change(shown), effects)).toEqual({ kind: 'changed', result: '1', warnings: [] })
    expect(shown).toEqual([[SHOWN, false]])
    expect(events).toEqual(['rehearse config,credentials', 'ask consent Apply these changes?', 'keep record 1'])
    expect(texts).toEqual({ credentials: '[a]\nx = 1\ny = 1\n', config: '[b]\nz = 1\n' })
    expect(records.get('record 1')?.files.credentials).toEqual({
      path: 'credentials',
      before: '[a]\nx = 1\n',
      edits: [{ offset: 10, length: 0, content: 'y = 1\n' }],
    })
  })

  test('is not made after a no', async () => {
    const { texts, effects, records } = scene([false])
    await expect(changeFiles(change([]), effects)).rejects.toMatchObject({ failure: { code: 'DECLINED' } })
    expect([texts, records.size]).toEqual([{ credentials: '[a]\nx = 1\n', config: '[b]\n' }, 0])
  })

  test('does not prompt with --yes; a dry run only shows the change', async () => {
    const yes = scene([])
    expect(await changeFiles(change([], { consent: 'given', keepsBackup: false }), yes.effects)).toMatchObject({
      kind: 'changed',
    })
    expect(yes.events).toEqual(['rehearse config,credentials'])
    const dry = scene([])
    expect(await changeFiles(change([], { consent: 'none' }), dry.effects)).toMatchObject({ kind: 'shown' })
    expect([dry.events, dry.texts.config]).toEqual([[], '[b]\n'])
  })

  test('that is none is told and not asked about', async () => {
    const { effects, events } = scene([])
    expect(await changeFiles(change([], { plan: () => ({ edits: {}, result: 'x' }) }), effects)).toEqual({
      kind: 'nothing',
      result: 'x',
      warnings: [],
    })
    expect(events).toEqual([])
  })

  test('is made where it belongs when something else changed meanwhile, without another question', async () => {
    const { texts, effects } = scene([true], {
      meanwhile: [(each) => (each.credentials = `# new\n${each.credentials}[c]\n`)],
    })
    expect(await changeFiles(change([]), effects)).toMatchObject({ kind: 'changed' })
    expect(texts.credentials).toBe('# new\n[a]\nx = 1\ny = 1\n[c]\n')
  })

  test('is shown and asked about again when it has become another one', async () => {
    const { texts, effects, events, records } = scene([true, true], {
      meanwhile: [(each) => (each.credentials = '[a]\nx = 2\n')],
    })
    const shown: [readonly FileDifference[], boolean][] = []
    expect(await changeFiles(change(shown), effects)).toMatchObject({ kind: 'changed', result: '2' })
    expect(shown.map(([files, again]) => [files[0]?.after, again])).toEqual([
      ['[a]\nx = 1\ny = 1\n', false],
      ['[a]\nx = 2\ny = 2\n', true],
    ])
    expect(events.filter((event) => event.startsWith('ask'))).toHaveLength(2)
    expect([texts.credentials, records.size]).toEqual(['[a]\nx = 2\ny = 2\n', 1])
  })

  test('leaves no backup where nothing was written, and keeps it where something was', async () => {
    const failure = new AwsmfaError({
      code: 'FILE_NOT_WRITABLE',
      place: { path: 'config' },
      errno: 'ENOSPC',
      step: 'stage',
    })
    const none = scene([true], { failure })
    await expect(changeFiles(change([]), none.effects)).rejects.toBe(failure)
    expect(none.events.slice(-2)).toEqual(['keep record 1', 'remove record 1'])
    const half = scene([true], { failure, half: true })
    await expect(changeFiles(change([]), half.effects)).rejects.toBe(failure)
    expect(half.records.size).toBe(1)
  })
})
