/** The text of the help topics. */
import { expect, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/supervise.ts'
import { renderTopic } from '../../src/cli/help.ts'
import { HELP_TOPICS } from '../../src/command-line/spec.ts'
import { VARIABLE_TABLE } from '../../src/cli/help.ts'
import { SETTING_TABLE, SETTINGS_FILE_KEYS } from '../../src/login/setting-table.ts'
import { FAILURE_EXAMPLES } from '../errors/failure-examples.ts'

const NOW = new Date('2026-11-21T08:00:00.123Z')

test('the text of every topic', async () => {
  await expect(
    HELP_TOPICS.map((topic) => `# awsmfa help ${topic}\n${renderTopic(topic, NOW, 80)}`).join('\n'),
  ).toMatchFileSnapshot('help-topics.golden.txt')
})

test.each(HELP_TOPICS)('%s fits 80 columns, ends in one line end, and is no Markdown', (topic) => {
  const text = renderTopic(topic, NOW, 80)
  for (const line of text.split('\n')) {
    expect(line.length).toBeLessThanOrEqual(80)
    expect(line).not.toMatch(/ $|`|\]\(/)
  }
  expect(text).toMatch(/\S\n$/)
})

test.each(HELP_TOPICS)('%s breaks no word of prose at 40 columns', (topic) => {
  const words = (text: string): string => text.replaceAll(/\s+/g, ' ')
  expect(words(renderTopic(topic, NOW, 40))).toBe(words(renderTopic(topic, NOW, 80)))
})

test('exit-codes has every code that a failure ends with', () => {
  const text = renderTopic('exit-codes', NOW, 80)
  for (const code of [0, 126, 127, 129, 130, 143, ...FAILURE_EXAMPLES.map(({ failure }) => exitCodeOf(failure))])
    expect(text).toMatch(new RegExp(`^  ${code} `, 'm'))
})

test('config lists every setting with every place where it can be set', () => {
  const text = renderTopic('config', NOW, 80)
  const places = SETTING_TABLE.flatMap((row) => [
    `${row.name}: `,
    ...row.flags.map((flag) => `--${flag}`),
    ...row.stsFlags,
    ...row.variables,
    ...row.profileKeys,
  ])
  for (const place of [...places, ...SETTINGS_FILE_KEYS]) expect(text).toContain(place)
})

test('environment has every variable of both tables', () => {
  const text = renderTopic('environment', NOW, 80)
  for (const variable of [...SETTING_TABLE, ...VARIABLE_TABLE].flatMap(({ variables }) => variables))
    expect(text).toContain(variable)
})

test('security has a policy that denies all to sessions from before now, and to nothing else', () => {
  const text = renderTopic('security', NOW, 80)
  const policy: unknown = JSON.parse(text.slice(text.indexOf('  {\n'), text.indexOf('\n  }\n') + 5))
  expect(policy).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-11-21T08:00:00Z' } },
      },
    ],
  })
})
