/** `awsmfa import` on the file layouts of other tools, copied from their READMEs: preview, apply, log in, undo. */
import { describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { IMPORT_WORLDS, SEED_WORLDS, seedFiles } from '../support/seed-worlds.ts'
import { openSandbox } from '../support/sandbox.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'

interface Import {
  readonly tool: string
  readonly name: string
  readonly profile: string
  readonly source: string
  readonly code: string
  /** The section contains a session of the other tool without an expiration, so the login needs --replace. */
  readonly replace?: true
  /** The line in which a login writes its session, if the other tool's session was there before. */
  readonly sessionLine?: number
}

const IMPORTS: readonly Import[] = [
  {
    tool: 'aws-mfa',
    name: 'aws-mfa (broamski)',
    profile: 'development',
    source: 'development-long-term',
    code: 'code-dudeman',
  },
  {
    tool: 'reusabit-awsmfa',
    name: "reusabit's awsmfa",
    profile: 'myaccount',
    source: 'myaccountPerm',
    code: 'code-redacted-user-name',
  },
  {
    tool: 'dcoker-awsmfa',
    name: "dcoker's awsmfa",
    profile: 'default',
    source: 'identity',
    code: 'code-dora',
    sessionLine: 6,
  },
  {
    tool: 'mfa-login',
    name: 'aws configure mfa-login',
    profile: '123456789012-MyUser',
    source: 'default',
    code: 'code-myuser',
    replace: true,
    sessionLine: 5,
  },
  {
    tool: 'vegas-credentials',
    name: 'vegas-credentials',
    profile: 'my-profile',
    source: 'default',
    code: 'code-myuser',
  },
]

const UNCHANGED = '$ cmp .aws/credentials seed/credentials && cmp .aws/config seed/config'

function transcriptOf({ tool, name, profile, source, code, replace, sessionLine }: Import): string {
  const found = `!> Found ${name}: '${profile}' (key in [${source}])`
  const login = `$ awsmfa login ${profile}${replace === true ? ' --replace' : ''} --token-code {${code}}\n!> …\n\n$ awsmfa status ${profile} --format '{state} {source}'\n> valid credentials-file`
  return `
# Without a terminal nothing is changed.

$ awsmfa import
${found}
!> …
!> awsmfa: error: nothing was changed: confirmation is required, and there is no terminal to prompt on
!> awsmfa: hint: to apply the changes, add --yes
? 4

${UNCHANGED}

$ awsmfa import ${tool} --dry-run
${found}
> …

${UNCHANGED}

$ awsmfa import
tty n
${found}
!> …
!> No changes made.
? 1

${UNCHANGED}

$ awsmfa import
tty y
tty> …
${found}
!> …
!> ✔ Applied. To undo: awsmfa undo
!> awsmfa: hint: to sign in: awsmfa login ${profile}
!> awsmfa: hint: to remove old settings: awsmfa import ${tool} --remove-old

$ awsmfa import
${found}
!> awsmfa: note: nothing to import from ${name}: all of it is already imported
!> …

$ awsmfa undo --yes
!> …
!> ✔ Undone

${UNCHANGED}

$ awsmfa import --yes
!> …

${login}

$ cp seed/credentials seed/config .aws/

$ awsmfa import --remove-old --yes
!> …
!> ✔ Applied. To undo: awsmfa undo
!> awsmfa: hint: to sign in: awsmfa login ${profile}

$ awsmfa undo --yes
!> …
!> ✔ Undone

${UNCHANGED}

$ awsmfa import --remove-old --yes
!> …

${login.replace(' --replace', '')}

$ awsmfa import
!> awsmfa: note: nothing to import

# Undo after a login: the hint's commands resolve the conflict.

${sessionLine === undefined ? '' : conflictOf(profile, sessionLine)}
$ awsmfa undo --yes
!> …
!> ✔ Undone

$ awsmfa logout ${profile} --quiet

${UNCHANGED}

$ awsmfa import nothing
!> awsmfa: error: invalid value 'nothing' for 'tool': expected one of aws-mfa, reusabit-awsmfa, dcoker-awsmfa, mfa-login, vegas-credentials, aws-vault, awsume, granted, saml2aws, aws-runas
? 2
`
}

function conflictOf(profile: string, line: number): string {
  return `
$ awsmfa undo --yes
!> awsmfa: error: cannot undo: [${profile}] in ~/.aws/credentials (line ${line}) contains a session; nothing was undone
!> awsmfa: hint: first remove the session: awsmfa logout ${profile}
!> awsmfa: hint: then: awsmfa undo
? 1

$ awsmfa logout ${profile} --quiet
`
}

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('import from another tool', () => {
  it.each(IMPORTS)('$tool: preview, decline, apply, log in, undo', async (each) => {
    const world = SEED_WORLDS[each.tool] ?? IMPORT_WORLDS[each.tool]
    if (world === undefined) throw new Error(`no world for ${each.tool}`)
    const sandbox = await openSandbox(world, { files: seedFiles(each.tool) })
    try {
      expect(await runTranscript(parseTranscript(transcriptOf(each)), sandbox.world)).toEqual([])
    } finally {
      await sandbox.close()
    }
  })
})
