/** Prints the milliseconds for reading a file (`read`), or for parsing it and planning a session write (`edit`). */
import { readFileSync, writeSync } from 'node:fs'
import { applyEdits, readIniDocument } from '../src/aws-files/ini-document.ts'
import { planSessionWrite } from '../src/aws-files/session-section.ts'

const [what, path = ''] = process.argv.slice(2)
const credentials = {
  accessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
  secretAccessKey: 'A'.repeat(40),
  sessionToken: 'A'.repeat(600),
  expiration: new Date(),
}

const started = process.hrtime.bigint()
const text = readFileSync(path, 'latin1')
const read = process.hrtime.bigint()
if (what === 'edit') {
  const edits = planSessionWrite({
    document: readIniDocument(text),
    path,
    profile: 'team-9000',
    credentials,
    requestHash: '0',
  })
  if (edits.length === 0 || applyEdits(text, edits) === text) throw new Error('nothing was planned')
}
const planned = process.hrtime.bigint()
writeSync(1, String(Number(what === 'edit' ? planned - read : read - started) / 1e6))
