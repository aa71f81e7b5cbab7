/** Login and logout on example files, as golden files. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { applyEdits, readIniDocument } from '../../src/aws-files/ini-document.ts'
import { isEditContained, planSessionRemoval, planSessionWrite } from '../../src/aws-files/session-section.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'

const folder = new URL('../../fixtures/', import.meta.url)
const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYNEWSECRET',
  sessionToken: 'FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDA==',
  expiration: new Date('2026-11-21T18:40:00Z'),
}

function bytesOf(path: string): string {
  return readFileSync(new URL(path, folder), 'latin1')
}

function traitsIn(path: string): readonly string[] {
  return readdirSync(new URL(path, folder)).flatMap((name) => /^([^.]+)\.ini$/.exec(name)?.[1] ?? [])
}

describe('a shared credentials file', () => {
  const files = readdirSync(new URL('credentials/', folder))

  test.each(traitsIn('credentials/'))('%s: login writes the expected session, logout removes it', (trait) => {
    const before = bytesOf(`credentials/${trait}.ini`)
    const write = { path: 'credentials', profile: 'work', credentials, requestHash: '0a1b2c3d.4e5f' }
    const after = applyEdits(before, planSessionWrite({ ...write, document: readIniDocument(before) }))
    expect(after).toBe(bytesOf(`credentials/${trait}.after-login.ini`))
    expect(isEditContained({ before, after, profile: 'work', intended: credentials })).toBe(true)
    const removed = applyEdits(
      after,
      planSessionRemoval({ document: readIniDocument(after), path: 'credentials', profile: 'work' }).edits,
    )
    expect(removed).toBe(
      files.includes(`${trait}.after-logout.ini`) ? bytesOf(`credentials/${trait}.after-logout.ini`) : before,
    )
  })
})

describe('a shared config file', () => {
  test.each(traitsIn('config/'))('%s: its profiles are found', (trait) => {
    expect(readProfiles({ credentials: '', config: bytesOf(`config/${trait}.ini`) }).names()).toEqual(
      JSON.parse(bytesOf(`config/${trait}.profiles.json`)),
    )
  })
})
