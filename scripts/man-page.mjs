/** Renders the man page, in mdoc, from the tables of commands, settings and exit codes. `npm run docs` writes it. */

/** Escapes text for roff: escape characters, quotes, and a leading dot, which would start a macro. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('’', "'")
    .replaceAll("'", '\\(aq')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replace(/^\./, '\\&.')

/** Quotes a macro argument, so that roff does not interpret it as a macro or punctuation. */
const argument = (text) => `"${roff(text).replaceAll('"', '\\(dq')}"`

const WIDTH = 78

/** Wraps a paragraph for mdoc: each sentence starts on a new line. */
const paragraph = (text) =>
  text.split(/(?<=[.?:]) (?=[A-Z])/).flatMap((sentence) =>
    sentence
      .split(' ')
      // Do not hyphenate options, paths and names.
      .map((word) => (/[-:_/]/.test(word) ? '\\%' : '') + roff(word))
      .reduce((lines, word) => {
        const last = lines.at(-1)
        return last === undefined || last.length + 1 + word.length > WIDTH
          ? [...lines, word]
          : [...lines.slice(0, -1), `${last} ${word}`]
      }, []),
  )
const code = (lines) => [
  '.Bd -literal -offset indent',
  ...lines.map((line) => (line === '' ? '\\&' : roff(line))),
  '.Ed',
]
const list = (items) => (items.length === 0 ? [] : ['.Bl -tag -width Ds', ...items.flat(), '.El'])
const item = (macro, text) => [`.It ${macro}`, ...paragraph(text)]

const optionMacro = ({ kind, name, short, placeholder }) => {
  const value = kind === 'value' ? ` Ar ${argument(placeholder)}` : ''
  return `${short === undefined ? '' : `Fl ${short} , `}Fl ${argument(`-${name}`)}${value}`
}

function synopsis(name, { actions = {}, positional, tail }) {
  return [
    '.Nm awsmfa',
    `.Cm ${name}`,
    ...(Object.keys(actions).length === 0
      ? []
      : [
          Object.keys(actions)
            .map((action) => `.Cm ${action}`)
            .join(' | '),
        ]),
    ...(positional === undefined ? [] : [`.Op Ar ${positional.name}${positional.maximum > 1 ? ' ...' : ''}`]),
    '.Op Ar options',
    ...(tail === undefined
      ? []
      : [tail.required ? `.Fl \\- Ar ${argument(tail.placeholder)}` : `.Op Fl \\- Ar ${argument(tail.placeholder)}`]),
  ]
}

function command(name, spec) {
  const { summary, actions = {}, positional, tail, options, examples } = spec
  return [
    `.Ss awsmfa ${name}`,
    ...paragraph(`${summary}.`),
    ...list([
      ...Object.entries(actions).map(([action, { summary: does }]) => item(`Cm ${action}`, does)),
      ...(positional === undefined ? [] : [item(`Ar ${positional.name}`, positional.description)]),
      ...options.map((option) => item(optionMacro(option), option.description)),
      ...(tail === undefined ? [] : [item(`Fl \\- Ar ${argument(tail.placeholder)}`, tail.description)]),
    ]),
    '.Pp',
    'Examples:',
    ...list(examples.map(({ line, description }) => [`.It Li ${argument(line)}`, ...paragraph(description)])),
  ]
}

const FILES = [
  ['~/.aws/credentials, ~/.aws/config', 'the two shared files; the first holds long-term keys and sessions'],
  ['~/.cache/awsmfa', 'sessions from the last code of each device, and who a key belongs to'],
  ['~/.local/state/awsmfa', 'locks, and what undo goes by'],
  ['~/.config/awsmfa', 'settings, if you write some'],
]

/** Returns the man page. `version` and `date` are those of the release. */
export function manPage(
  { COMMAND_TABLE, GLOBAL_OPTIONS, VARIABLE_TABLE, SETTING_TABLE, HELP_TOPICS, exitCodeRows, securityText, plainText },
  { date, version },
) {
  const rows = Object.entries(COMMAND_TABLE)
  const withoutLinks = (text) =>
    plainText(
      text
        .replaceAll(/[;,] see \[[^\]]+\]\([^)]*\)/g, '')
        .replaceAll(/^see \[([^\]]+)\]\([^)]*\)/g, 'docs/settings.md describes $1'),
    )
  const variables = [...SETTING_TABLE.filter(({ variables: names }) => names.length > 0), ...VARIABLE_TABLE]
  const lines = [
    '.\\" Written by `npm run docs` from the tables of the tool.',
    `.Dd ${date}`,
    '.Dt AWSMFA 1',
    `.Os awsmfa ${version}`,
    '.Sh NAME',
    '.Nm awsmfa',
    '.Nd one MFA code, and every AWS tool works',
    '.Sh SYNOPSIS',
    ...rows.flatMap(([name, spec]) => synopsis(name, spec)),
    '.Nm awsmfa',
    '.Cm help',
    '.Op Ar command | topic',
    '.Sh DESCRIPTION',
    ...paragraph(
      'awsmfa login turns long-term AWS keys and a token code into a session and writes it into the shared credentials file, with its expiration, so that the AWS CLI, the SDKs and all that goes by that file work with one code. awsmfa status says what is left, awsmfa logout takes it out again. Nothing else in the file is changed.',
    ),
    '.Pp',
    ...paragraph('With or without a command:'),
    ...list(GLOBAL_OPTIONS.map((option) => item(optionMacro(option), option.description))),
    '.Pp',
    ...paragraph(`awsmfa help knows, besides the commands: ${HELP_TOPICS.join(', ')}.`),
    '.Sh COMMANDS',
    ...rows.flatMap(([name, spec]) => command(name, spec)),
    '.Sh ENVIRONMENT',
    ...list(
      variables.map(({ variables: names, description }) =>
        item(names.map((name) => `Ev ${name}`).join(' , '), withoutLinks(description)),
      ),
    ),
    '.Sh FILES',
    ...list(FILES.map(([path, description]) => item(`Pa ${argument(path)}`, description))),
    '.Sh EXIT STATUS',
    ...list(exitCodeRows().map(({ exitCode, meaning }) => item(String(exitCode), withoutLinks(meaning)))),
    '.Sh SEE ALSO',
    '.Xr aws 1',
    '.Sh SECURITY CONSIDERATIONS',
    ...securityText('2026-11-21T08:00:00Z').flatMap(({ heading, blocks }) => [
      `.Ss ${roff(heading)}`,
      ...blocks.flatMap((block, index) =>
        typeof block === 'string' ? [...(index === 0 ? [] : ['.Pp']), ...paragraph(block)] : code(block.code),
      ),
    ]),
  ]
  return `${lines.join('\n')}\n`
}
