/** awsmfa's settings from flags, variables and the settings file. */
import { expect, it } from 'vitest'
import { resolvePrompt } from '../../src/login/settings.ts'
import type { SettingSources } from '../../src/login/settings.ts'

const place = { path: '/config.ini', line: 1 }
const sources = (changes: Partial<SettingSources> = {}): SettingSources => ({
  options: {},
  environment: {},
  defaults: {},
  ...changes,
})

it('is nothing where nothing is said', () => {
  expect(resolvePrompt(sources())).toEqual({ choice: undefined, noGui: undefined, hideArns: false })
})

it('comes from flags, which beat variables, which beat the settings file', () => {
  const defaults = {
    prompt: { value: 'pinentry', place },
    no_gui: { value: 'true', place },
    hide_arns: { value: 'yes', place },
  }
  const environment = { AWSMFA_PROMPT: 'zenity', AWSMFA_NO_GUI: '0', AWSMFA_HIDE_ARNS: '' }
  expect(resolvePrompt(sources({ defaults }))).toEqual({
    choice: { value: 'pinentry', origin: { kind: 'settings', key: 'prompt', place } },
    noGui: { value: true, origin: { kind: 'settings', key: 'no_gui', place } },
    hideArns: true,
  })
  expect(resolvePrompt(sources({ defaults, environment }))).toMatchObject({
    choice: { value: 'zenity' },
    noGui: { value: false, origin: { kind: 'environment', variable: 'AWSMFA_NO_GUI' } },
    hideArns: true,
  })
  expect(
    resolvePrompt(sources({ defaults, environment, options: { prompt: 'terminal', hideArns: true } })),
  ).toMatchObject({ choice: { value: 'terminal', origin: { kind: 'flag', flag: '--prompt' } }, hideArns: true })
})

const mistakes = [
  {
    title: 'a way to ask that there is none of',
    changes: { options: { prompt: 'Zenity' } },
    problem: { kind: 'bad-value', option: '--prompt', value: 'Zenity' },
  },
  {
    title: 'a switch that is neither',
    changes: { environment: { AWSMFA_NO_GUI: 'nope' } },
    problem: { kind: 'bad-value', option: 'AWSMFA_NO_GUI', value: 'nope' },
  },
  {
    title: 'another such switch',
    changes: { defaults: { hide_arns: { value: '2', place } } },
    problem: { kind: 'bad-value', option: 'hide_arns', value: '2' },
  },
]
it.each(mistakes)('refuses $title, by its place', ({ changes, problem }) => {
  expect(() => resolvePrompt(sources(changes))).toThrow(
    expect.objectContaining({
      failure: { code: 'USAGE', problem: expect.objectContaining(problem) as object },
    }) as Error,
  )
})
