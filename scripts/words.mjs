/**
 * `npm run lint`: finds words that are not plain technical English in what people read: messages, documentation,
 * golden files, comments and names of tests. A line that is right all the same is in ALLOWED, with the reason.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What not to write, and what to write instead. Each matches whole words, in any case. */
const NEVER = [
  ['mend(?:s|ed|ing)?', 'fix'],
  ['stands? (?:at|there|in(?! for))', 'is at, is set in'],
  ['(?:take|takes|took|taken|taking) (?:it |them |that )?(?:out|away|back)', 'remove, undo'],
  ['(?:bring|brings|brought|bringing) back', 'restore'],
  ['who(?:so)?ever', 'anyone who'],
  ['shall', 'must, should, will'],
  ['(?:is|are|was|were) not to be', 'cannot'],
  ['can not', 'cannot'],
  ['what is left(?! out)', 'the time remaining'],
  ['/\\*\\* (?:gives|tells|settles|says)', 'Returns …, Reads …, Reports …'],
  ['(?:licence|catalogue|grey|judgement)s?', 'American spelling'],
  ['(?:awsmfa|login|logout|doctor|status) (?:tells|says)', 'reports, prints, shows'],
  ['sessions? holds?', 'is valid for, lasts'],
  ['puts? (?:a|the) questions?', 'asks, prompts'],
  ['words? too many', 'unexpected argument'],
  ['cannot be meant', 'invalid'],
  ['sealed', 'encrypted'],
  ['kept sessions?', 'cached session'],
  ['(?:take|takes|took|taking|in) the place of', 'replaces'],
  ['hangs? (?:on|from)', 'uses … as its source profile'],
  ['works? through', 'uses … as its source profile'],
  ['a whole number', 'an integer'],
  ["signs? '[^']+' in", "signs in to '…'"],
  ['if need be', 'if needed'],
  ['(?:colour|behaviour|honour|favour|neighbour|flavour)\\w*', 'American spelling'],
  [
    '(?:organis|authoris|recognis|initialis|normalis|serialis|canonicalis|finalis|minimis|optimis|summaris)\\w*',
    'American spelling',
  ],
]

/** Files with other people's words, and this one. */
const SKIPPED =
  /^(?:scripts\/words\.mjs|package-lock\.json|packaging\/|THIRD-PARTY-NOTICES|test\/support\/readers\/|test\/interop\/tools\/)/

/** Lines that are right: a part of their path, a part of their text, and why. */
const ALLOWED = [
  ['setting-table.ts', "released: { name: 'no colour'", 'programs read these words'],
  ['transcripts/settings.txt', 'colour', 'programs read these words'],
  ['runtime/no-color.test.ts', 'no_colour', 'a key with a typing error'],
  ['scripted-ykman.mjs', 'Can not control echo', 'the message of another program'],
]

const READ = /\.(?:ts|mts|mjs|md|txt|1|sh|bash|zsh|fish|ps1)$/
const patterns = NEVER.map(([words, instead]) => ({
  pattern: new RegExp(`(?<![\\w.-])(?:${words})(?![\\w-])`, 'i'),
  instead,
}))

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => READ.test(path) && !SKIPPED.test(path))
let count = 0
for (const path of files) {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  for (const [index, line] of lines.entries()) {
    if (ALLOWED.some(([file, text]) => path.includes(file) && line.includes(text))) continue
    for (const { pattern, instead } of patterns) {
      const [found] = pattern.exec(line) ?? []
      if (found === undefined) continue
      console.error(`${path}:${index + 1}: '${found}': ${instead}`)
      count += 1
    }
  }
}
if (count > 0) process.exitCode = 1
