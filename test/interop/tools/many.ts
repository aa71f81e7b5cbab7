/** Asks a program that the suite builds itself about many profiles in many files, starting it once. */
import { runProgram } from '../../support/run-cli.ts'
import type { Tool } from './tools.ts'

/** A profile, and the files that it is looked for in. */
export interface Question {
  readonly credentials: string
  readonly config: string
  readonly profile: string
}

/**
 * What the program says of a profile. `region` and `arn` are empty where it has none, `error` where nothing is wrong.
 */
export interface Answer {
  readonly isThere: boolean
  readonly region: string
  readonly arn: string
  readonly error: string
}

/** Gives the answers in the order of the questions. Throws where the program does not answer each. */
export async function askMany(
  tool: Tool,
  questions: readonly Question[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly Answer[]> {
  if (tool.argv === undefined) throw new Error(`${tool.name} is not on this machine`)
  const input = questions.map(({ credentials, config, profile }) => `${credentials}\t${config}\t${profile}\n`).join('')
  const { code, stdout, stderr } = await runProgram(tool.argv('-'), { environment, input, limitMs: 120_000 })
  const answers = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
  if (code !== 0 || answers.length !== questions.length)
    throw new Error(`${tool.name} gave ${answers.length} answers to ${questions.length} questions: ${stderr}`)
  return answers.map(([isThere, region = '', arn = '', error = '']) => ({
    isThere: isThere === 'true',
    region,
    arn,
    error,
  }))
}
