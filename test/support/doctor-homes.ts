/** Homes for doctor tests. Those in fixtures/homes/doctor-<code> have one fault each, on a machine without faults. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import { examine } from '../../src/doctor/examination.ts'
import type { InputFile, InputFiles, Machine } from '../../src/doctor/examination.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { planFixes } from '../../src/doctor/fix.ts'
import { diagnose } from '../../src/doctor/report.ts'
import type { SharedFileName } from '../../src/model/profile.ts'

const HOMES = fileURLToPath(new URL('../../fixtures/homes/', import.meta.url))

export const DOCTOR_HOME = '/home/alice'
export const DOCTOR_NOW = new Date('2026-11-21T09:00:00Z')
export const MESSAGE_CONTEXT = { home: DOCTOR_HOME, now: DOCTOR_NOW }
export const PLAIN = { color: false, unicode: true, columns: undefined }

/** A home as doctor sees it. */
export interface DoctorHome {
  readonly files: InputFiles
  readonly machine: Machine
}

/** The texts of both files, as byte strings. */
export type FileTexts = Readonly<Record<SharedFileName, string>>

const HEALTHY_MACHINE: Machine = {
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

/** Returns a home with these files, on a healthy machine with these changes. */
export function homeOf(texts: FileTexts, machine: Partial<Machine> = {}): DoctorHome {
  const file = (name: SharedFileName): InputFile => ({
    path: `${DOCTOR_HOME}/.aws/${name}`,
    text: texts[name],
    exists: true,
    unreadable: undefined,
    modifiedAt: new Date('2026-11-20T09:00:00Z'),
  })
  return {
    files: { credentials: file('credentials'), config: file('config') },
    machine: { ...HEALTHY_MACHINE, ...machine },
  }
}

/** Returns doctor's findings; with `only`, those about that profile. */
export function findingsIn({ files, machine }: DoctorHome, only?: string): readonly Finding[] {
  return diagnose(examine(files, machine), only === undefined ? undefined : [only])
}

/** Returns whether a finding tells which credentials tools use, and is not about a fault. */
export function isOutcome({ code }: Finding): boolean {
  return code === 'tools-use' || code === 'tools-fail'
}

/** Returns the texts of both files after `--fix`. */
export function fixedTexts({ files, machine }: DoctorHome): FileTexts {
  const edits = planFixes(files, machine)
  return {
    credentials: applyEdits(files.credentials.text, edits.credentials),
    config: applyEdits(files.config.text, edits.config),
  }
}

/** Returns a copy of a home with other files. */
export function withTexts({ files, machine }: DoctorHome, { credentials, config }: FileTexts): DoctorHome {
  return {
    files: { credentials: { ...files.credentials, text: credentials }, config: { ...files.config, text: config } },
    machine,
  }
}

/** Returns the finding codes that have a broken home. */
export function brokenHomes(): readonly string[] {
  return readdirSync(HOMES)
    .filter((name) => name.startsWith('doctor-'))
    .map((name) => name.slice('doctor-'.length))
}

export function brokenHomePath(code: string): string {
  return `${HOMES}doctor-${code}`
}

/** What surroundings.json of a broken home may set; everything else is as in `HEALTHY_MACHINE`. */
type Surroundings = Partial<Omit<Machine, 'program' | 'quietUntil' | 'ownerOf' | 'now'>> & {
  readonly programs?: Readonly<Record<string, ReturnType<Machine['program']>>>
  readonly files?: Readonly<Partial<Record<SharedFileName, Partial<InputFile>>>>
}

/** Reads the broken home of a finding code. */
export function readBrokenHome(code: string): DoctorHome {
  const folder = brokenHomePath(code)
  const surroundings = existsSync(`${folder}/surroundings.json`)
    ? (JSON.parse(readFileSync(`${folder}/surroundings.json`, 'utf8')) as Surroundings)
    : {}
  const { programs = {}, files = {}, environment = {}, openFiles = [], ...others } = surroundings
  const usual = homeOf(textsIn(folder)).files
  const machine = {
    ...others,
    environment: { ...HEALTHY_MACHINE.environment, ...environment },
    program: (path: string) => programs[path] ?? HEALTHY_MACHINE.program(path),
    openFiles: openFiles.map(({ path, mode }) => ({
      path: path === 'credentials' ? usual.credentials.path : path,
      mode,
    })),
  }
  return {
    files: {
      credentials: { ...usual.credentials, ...files.credentials },
      config: { ...usual.config, ...files.config },
    },
    machine: { ...HEALTHY_MACHINE, ...machine },
  }
}

/** Returns the files of another tool's home after setup. Not all of those homes set a region. */
export function homeAfterSetup(layout: string): DoctorHome {
  const environment = { ...HEALTHY_MACHINE.environment, AWS_DEFAULT_REGION: 'eu-west-1' }
  return homeOf(textsIn(`${HOMES}${layout}`, '.after-setup'), { environment })
}

function textsIn(folder: string, suffix = ''): FileTexts {
  const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'latin1') : '')
  return { credentials: textOf(`${folder}/credentials${suffix}`), config: textOf(`${folder}/config${suffix}`) }
}
