/** The broken homes of doctor: fixtures/homes/doctor-<code>, each with one fault, in surroundings in which all else is right. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ExaminedFile, MachineFacts, ProgramFacts } from '../../src/doctor/examination.ts'
import type { SharedFileName } from '../../src/model/origin.ts'

const HOMES = fileURLToPath(new URL('../../fixtures/homes/', import.meta.url))

/** A home as doctor sees it. */
export interface DoctorHome {
  readonly files: Readonly<Record<SharedFileName, ExaminedFile>>
  readonly machine: MachineFacts
}

/** What surroundings.json may say; everything else is as in `USUAL`. */
type Surroundings = Partial<Omit<MachineFacts, 'program' | 'quietUntil' | 'ownerOf' | 'now'>> & {
  readonly programs?: Readonly<Record<string, ProgramFacts>>
  readonly files?: Readonly<Partial<Record<SharedFileName, Partial<ExaminedFile>>>>
}

export const DOCTOR_HOME = '/home/alice'
export const DOCTOR_NOW = new Date('2026-11-21T09:00:00Z')

const USUAL: MachineFacts = {
  platform: 'posix',
  nodeMajor: 22,
  environment: { HOME: DOCTOR_HOME, PATH: '/usr/bin:/bin' },
  now: DOCTOR_NOW,
  openFiles: [],
  damagedEntries: [],
  quietUntil: () => undefined,
  program: () => ({ isThere: false, needs: undefined }),
  missingFiles: [],
  homeConflict: undefined,
  otherAwsmfas: [],
  clockOffsetSeconds: undefined,
  ownerOf: () => undefined,
}

/** The codes that have a broken home. */
export function brokenHomes(): readonly string[] {
  return readdirSync(HOMES)
    .filter((name) => name.startsWith('doctor-'))
    .map((name) => name.slice('doctor-'.length))
}

/** The folder of a broken home. */
export function brokenHomePath(code: string): string {
  return `${HOMES}doctor-${code}`
}

/** Reads a broken home. */
export function readBrokenHome(code: string): DoctorHome {
  const folder = brokenHomePath(code)
  const said = existsSync(`${folder}/surroundings.json`)
    ? (JSON.parse(readFileSync(`${folder}/surroundings.json`, 'utf8')) as Surroundings)
    : {}
  const { programs = {}, files = {}, environment = {}, ...others } = said
  const home = homeOf({ credentials: textOf(`${folder}/credentials`), config: textOf(`${folder}/config`) })
  const machine: MachineFacts = {
    ...USUAL,
    ...others,
    environment: { ...USUAL.environment, ...environment },
    program: (path) => programs[path] ?? USUAL.program(path),
  }
  const openFiles = machine.openFiles.map((file) => ({
    ...file,
    path: file.path === 'credentials' ? home.files.credentials.path : file.path,
  }))
  return {
    files: {
      credentials: { ...home.files.credentials, ...files.credentials },
      config: { ...home.files.config, ...files.config },
    },
    machine: { ...machine, openFiles },
  }
}

/** A home in which all else is right. The texts are byte strings. */
export function homeOf(
  texts: Readonly<Record<SharedFileName, string>>,
  machine: Partial<MachineFacts> = {},
): DoctorHome {
  const file = (name: SharedFileName): ExaminedFile => ({
    path: `${DOCTOR_HOME}/.aws/${name}`,
    text: texts[name],
    exists: true,
    unreadable: undefined,
    modifiedAt: new Date('2026-11-20T09:00:00Z'),
  })
  return { files: { credentials: file('credentials'), config: file('config') }, machine: { ...USUAL, ...machine } }
}

/** The files of another tool's home after setup. */
export function homeAfterSetup(layout: string): DoctorHome {
  return homeOf({
    credentials: textOf(`${HOMES}${layout}/credentials.after-setup`),
    config: textOf(`${HOMES}${layout}/config.after-setup`),
  })
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : ''
}
