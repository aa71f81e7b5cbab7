/**
 * The table of `status`: one row for each profile, role profiles under the profile whose session they use. Pure, and
 * without a library, for the quick answers.
 */
import { classifyProfile } from '../aws-files/ownership.ts'
import {
  LONG_TERM_SUFFIXES,
  PREDECESSORS,
  hasValue,
  isAssumeRoleProfile,
  isOwnProcess,
  readKeys,
  runsProgram,
  signInCommandOf,
} from '../aws-files/profile-keys.ts'
import { nameOfArn, parseArn, userOrRoleInWords, userOrRoleOf } from '../aws/arn.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import type { PromptIdentity } from './prompt-line.ts'
import type { SessionState } from './reuse.ts'
import { findSignIn, secondsRemaining } from './status.ts'
import type { StatusEntry } from './status.ts'
import { formatInstant, formatRemaining } from '../ui/duration.ts'
import { TABLE_GAP, displayWidth, fitTable, padDisplay, paint, renderTable } from '../ui/style.ts'
import type { Color, TableLayout, TextStyle } from '../ui/style.ts'
import { commandLine, profileWord, quoteWord, visible } from '../ui/words.ts'

/** What the table shows of a profile. Undefined: not known, or not this row's to say. */
export interface StatusRow {
  readonly profile: string
  /** The profile gets its session from that of the last row that is not indented. */
  readonly isIndented: boolean
  readonly account: string | undefined
  readonly identity: string | undefined
  /** `other`: another tool signs in, and the files do not say whether it has. Undefined: that of the row above. */
  readonly state: SessionState | 'other' | undefined
  /** `11 h 20 min`. */
  readonly left: string
  /** `19:40`. */
  readonly until: string
  /** What signs in to the profile, or that something renews its session. */
  readonly command: string | undefined
}

/** Returns whether a profile has only long-term credentials for others to use, which is nobody's session. */
export function isLongTermOnly({ profile, state, roleArn }: StatusEntry, profiles: Profiles): boolean {
  const view = profiles.find(profile)
  if (view === undefined || state !== 'none' || roleArn !== undefined || isOwnProcess(view)) return false
  if (classifyProfile(view).kind === 'long-term') return true
  // Keys in a store or from a process, or the settings for them.
  return userOfKeys(profile, profiles) !== undefined
}

/** Returns the profile that `base-long-term` has the keys for; undefined for other names, and if there is none. */
function userOfKeys(name: string, profiles: Profiles): string | undefined {
  const suffix = LONG_TERM_SUFFIXES.find((each) => name.endsWith(each))
  const base = suffix === undefined ? '' : name.slice(0, -suffix.length)
  return profiles.find(base) === undefined ? undefined : base
}

/** Returns the command that leads to a session for a profile; undefined if that is up to another program. */
export function signInCommand(name: string, profiles: Profiles): string | undefined {
  const view = profiles.find(name)
  const other = otherTool(view, profiles)
  return other === undefined ? ownSignIn(name, view, profiles) : other.command
}

/** Undefined for the session of another program in a profile for which login has no access key. */
function ownSignIn(name: string, view: ProfileView | undefined, profiles: Profiles): string | undefined {
  const base = userOfKeys(name, profiles)
  if (base !== undefined) return commandLine('login', profileWord(base))
  const isRole = view !== undefined && isAssumeRoleProfile(view)
  const { kind } = classifyProfile(view)
  if (kind === 'foreign-session' && !hasAccessKey(name, view, profiles)) return undefined
  const holdsKeys = kind === 'long-term' && !isRole
  return commandLine(holdsKeys ? 'setup' : 'login', profileWord(name))
}

/** Returns whether something in the files leads from a profile with a session to an access key. */
function hasAccessKey(name: string, view: ProfileView | undefined, profiles: Profiles): boolean {
  return (
    readKeys(view, [...SOURCE_KEYS, 'awsmfa_keys', 'credential_process']) !== undefined ||
    LONG_TERM_SUFFIXES.some((suffix) => profiles.find(name + suffix) !== undefined)
  )
}

/**
 * Returns the rows of a table: profiles with a session before those without, otherwise in the order of the entries;
 * role profiles after the profile that they get their session from, if that is in the table.
 */
export function statusRows(entries: readonly StatusEntry[], profiles: Profiles, now: Date): readonly StatusRow[] {
  const byName = new Map(entries.map((entry) => [entry.profile, entry]))
  const groups = new Map<StatusEntry, StatusEntry[]>()
  const rootOf = (entry: StatusEntry): StatusEntry =>
    entry.roleArn === undefined ? entry : (rootOfRole(entry, byName, profiles) ?? entry)
  for (const entry of entries) if (rootOf(entry) === entry) groups.set(entry, [])
  for (const entry of entries) if (!groups.has(entry)) groups.get(rootOf(entry))?.push(entry)
  const all = [...groups].map(([root, roles]) => ({
    isSignedIn: [root, ...roles].some(({ state }) => state !== 'none'),
    rows: [rowOf(root, undefined, profiles, now), ...roles.map((role) => rowOf(role, root, profiles, now))],
  }))
  return [...all.filter(({ isSignedIn }) => isSignedIn), ...all.filter(({ isSignedIn }) => !isSignedIn)].flatMap(
    ({ rows }) => rows,
  )
}

/** Keys that name the source profile, in the order in which login reads them. */
const SOURCE_KEYS = ['awsmfa_source_profile', 'source_profile', 'vegas_source_profile', '_source_profile']

/** Keys that name the MFA device, in the order in which login reads them. */
const DEVICE_KEYS = ['awsmfa_mfa_serial', 'mfa_serial', '_mfa_serial', 'aws_mfa_device']

/** Returns the first source profile that is in the table and no role itself. */
function rootOfRole(
  { profile }: StatusEntry,
  byName: ReadonlyMap<string, StatusEntry>,
  profiles: Profiles,
): StatusEntry | undefined {
  const seen = new Set([profile])
  const sourceOf = (name: string): string | undefined => readKeys(profiles.find(name), SOURCE_KEYS)?.value
  for (let name = sourceOf(profile); name !== undefined && !seen.has(name); name = sourceOf(name)) {
    seen.add(name)
    const entry = byName.get(name)
    if (entry !== undefined && entry.roleArn === undefined) return entry
  }
  return undefined
}

function rowOf(entry: StatusEntry, root: StatusEntry | undefined, profiles: Profiles, now: Date): StatusRow {
  const { profile, expiration, roleArn } = entry
  const view = profiles.find(profile)
  const isRoots =
    root !== undefined &&
    view !== undefined &&
    isAssumeRoleProfile(view) &&
    (entry.state === 'none' || entry.sourceProfile === root.profile)
  const seconds = secondsRemaining(entry, now)
  const isWithout = entry.state === 'none' && !isRoots
  const other = isWithout || entry.source === 'aws-sso-cache' ? otherTool(view, profiles) : undefined
  return {
    profile: visible(profile),
    isIndented: root !== undefined,
    account: accountOf(entry, view),
    identity: roleArn === undefined ? (userOrRoleInWords(entry.arn) ?? other?.identity) : `role ${nameOfArn(roleArn)}`,
    state: isRoots ? undefined : isWithout && other !== undefined ? 'other' : entry.state,
    left: isRoots || seconds === undefined || seconds === 0 ? '' : formatRemaining(seconds),
    until: isRoots || expiration === undefined ? '' : formatInstant(expiration, now),
    command: isWithout
      ? other === undefined
        ? ownSignIn(profile, view, profiles)
        : other.command
      : entry.isRenewable && !isRoots
        ? 'renewed by the AWS CLI'
        : undefined,
  }
}

/** The account of the session; else that of the role, of single sign-on, or of the MFA device. */
function accountOf({ account, roleArn }: StatusEntry, view: ProfileView | undefined): string | undefined {
  const named = readKeys(view, ['sso_account_id'])?.value
  const device = readKeys(view, DEVICE_KEYS)?.value
  const found = [account, parseArn(roleArn ?? '')?.account, named, parseArn(device ?? '')?.account]
  return found.find((id) => id !== undefined && /^\d{12}$/.test(id))
}

/** Returns whose session a profile has, as the table does but without words. */
export function promptIdentity(entry: StatusEntry, view: ProfileView | undefined): PromptIdentity {
  const { roleArn, arn } = entry
  const role = roleArn === undefined ? readKeys(view, ['sso_role_name'])?.value : nameOfArn(roleArn)
  return { account: accountOf(entry, view), identity: role ?? (arn === undefined ? undefined : userOrRoleOf(arn)) }
}

interface OtherTool {
  readonly identity: string | undefined
  readonly command: string | undefined
}

/** Returns whose credentials a profile has if awsmfa does not sign in to it; undefined if it does. */
function otherTool(view: ProfileView | undefined, profiles: Profiles): OtherTool | undefined {
  if (view === undefined) return undefined
  const found = findSignIn(view.name, profiles)
  const own = signInCommandOf(view)
  if (found !== undefined)
    return {
      identity: own === undefined ? undefined : own === 'aws login' ? own : 'AWS SSO',
      command: `${found.command} --profile ${quoteWord(found.profile)}`,
    }
  if (hasValue(view, 'web_identity_token_file')) return { identity: 'web identity', command: undefined }
  if (hasValue(view, 'credential_source')) return { identity: undefined, command: undefined }
  const process = view.get('credential_process')?.value ?? ''
  const isOthers = process !== '' && !isOwnProcess(view) && !runsProgram(process, PREDECESSORS)
  return isOthers ? { identity: 'process', command: undefined } : undefined
}

const COLUMNS = ['PROFILE', 'ACCOUNT', 'IDENTITY', 'STATE', 'LEFT', 'UNTIL'] as const

type Column = (typeof COLUMNS)[number]

/** Its LEFT is the state where no time is left. */
const SHORTEST: readonly Column[] = ['PROFILE', 'LEFT']

/** What another column also says goes first. */
const LAYOUT: TableLayout<Column> = {
  forms: [
    COLUMNS,
    ['PROFILE', 'ACCOUNT', 'IDENTITY', 'STATE', 'LEFT'],
    ['PROFILE', 'IDENTITY', 'STATE', 'LEFT'],
    ['PROFILE', 'STATE', 'LEFT'],
  ],
  names: { PROFILE: { most: 32, least: 20 }, IDENTITY: { most: 32, least: 16 } },
}

const STATES: Readonly<Record<SessionState, { readonly word: string; readonly color: Color }>> = {
  valid: { word: 'valid', color: 'green' },
  expiring: { word: 'expiring', color: 'yellow' },
  expired: { word: 'expired', color: 'red' },
  unknown: { word: 'unknown', color: 'yellow' },
  none: { word: 'not signed in', color: 'dim' },
}

/** Returns the word for a state, in its color. */
export function stateWord(state: SessionState, style: TextStyle): string {
  return paint(STATES[state].word, STATES[state].color, style)
}

/**
 * Returns the table, each line ended; '' without rows. On a terminal it has the columns that fit, and shortened names;
 * elsewhere everything. A command that does not fit is left out.
 */
export function renderStatusTable(rows: readonly StatusRow[], style: TextStyle): string {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => cellsOf(row, style))
  const table = fitTable(COLUMNS, cells, LAYOUT, style)
  const { natural } = table
  const form = table.form ?? SHORTEST
  const named = form.filter((column) => column !== 'LEFT' && column !== 'UNTIL')
  const timed = form.filter((column) => column === 'LEFT' || column === 'UNTIL')
  const tail = tailOf(timed, rows, table.roomBeside(named), natural)
  const isShort = form === SHORTEST
  const shortened = table.shorten(named, isShort ? Math.max(natural.LEFT, natural.STATE) : tail.width)
  const lines = cells.map((cell, index) => {
    const command = rows[index]?.command
    const times = timed.map((column) => padDisplay(cell[column], natural[column])).join(TABLE_GAP)
    const last = isShort ? cell.SHORT : command === undefined ? times : tail.withCommand(command)
    return [...shortened(cell), last]
  })
  return renderTable([...named, timed.map((column) => column.padEnd(natural[column])).join(TABLE_GAP)], lines, style)
}

interface Tail {
  readonly width: number
  /** Returns the command where it stands: under UNTIL, else under LEFT; '' if it does not fit. */
  readonly withCommand: (command: string) => string
}

/** Returns the last columns, whose cells commands replace; `room` is what they can have at most. */
function tailOf(
  timed: readonly Column[],
  rows: readonly StatusRow[],
  room: number,
  natural: Readonly<Record<Column, number>>,
): Tail {
  const times = timed.reduce((sum, column) => sum + natural[column] + TABLE_GAP.length, -TABLE_GAP.length)
  const commands = rows.flatMap(({ command }) => command ?? []).map((command) => displayWidth(command))
  const widest = commands.filter((width) => width <= room).reduce((most, width) => Math.max(most, width), 0)
  const indent =
    timed.length > 1 && natural.LEFT + TABLE_GAP.length + widest <= room ? natural.LEFT + TABLE_GAP.length : 0
  return {
    width: Math.max(times, indent + widest),
    withCommand: (command) => (displayWidth(command) <= widest ? ' '.repeat(indent) + command : ''),
  }
}

/** `SHORT`: the state, or the time that is left in its color. */
type Cells = Readonly<Record<Column | 'SHORT', string>>

function cellsOf({ profile, isIndented, account, identity, state, left, until }: StatusRow, style: TextStyle): Cells {
  const dash = style.unicode ? '–' : '-'
  const word = state === undefined ? '' : state === 'other' ? dash : stateWord(state, style)
  return {
    PROFILE: isIndented ? `  ${profile}` : profile,
    ACCOUNT: account ?? dash,
    IDENTITY: identity ?? dash,
    STATE: word,
    LEFT: left,
    UNTIL: until,
    SHORT: left === '' || state === undefined || state === 'other' ? word : paint(left, STATES[state].color, style),
  }
}
