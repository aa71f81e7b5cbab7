// ESLint 10 reads only flat configuration: this converts .eslintrc.json, which contains the rules.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlatCompat } from '@eslint/eslintrc'
import js from '@eslint/js'

const baseDirectory = dirname(fileURLToPath(import.meta.url))
const { ignorePatterns, ...config } = JSON.parse(readFileSync(new URL('.eslintrc.json', import.meta.url), 'utf8'))
const compat = new FlatCompat({
  baseDirectory,
  resolvePluginsRelativeTo: baseDirectory,
  recommendedConfig: js.configs.recommended,
})

export default [{ ignores: ignorePatterns }, ...compat.config(config)]
