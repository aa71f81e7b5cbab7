import { firstLine, withProblem } from './window-program.ts'
import type { WindowAnswer, WindowEnd, WindowProgramSpec } from './window-program.ts'

/** Exit codes of the script's own; PowerShell ends with 1 where the script throws. */
const CANCELLED = 10
const TIMED_OUT = 11

/**
 * A script that is the same for every question: what it shows comes from its environment. Without double quotes, which would
 * have to survive two parsers. The first form is seen by nobody: Windows shows the first window of a process as whoever started
 * it wants, which is hidden here for the sake of the console (ShowWindow, nCmdShow). (Windows Forms; about_PowerShell_exe,
 * "-Command", "-STA".)
 */
export const POWERSHELL_SOURCE = [
  "$ErrorActionPreference = 'Stop'",
  'Add-Type -AssemblyName System.Windows.Forms, System.Drawing',
  '[Windows.Forms.Application]::EnableVisualStyles()',
  '$first = New-Object Windows.Forms.Form -Property @{ ShowInTaskbar = $false; Opacity = 0 }',
  '$first.Show()',
  '$first.Close()',
  "$form = New-Object Windows.Forms.Form -Property @{ Text = $env:AWSMFA_WINDOW_TITLE; TopMost = $true; StartPosition = 'CenterScreen'; FormBorderStyle = 'FixedDialog'; MaximizeBox = $false; MinimizeBox = $false; AutoSize = $true; AutoSizeMode = 'GrowAndShrink'; Padding = 12 }",
  "$panel = New-Object Windows.Forms.FlowLayoutPanel -Property @{ FlowDirection = 'TopDown'; AutoSize = $true; WrapContents = $false }",
  '$text = New-Object Windows.Forms.Label -Property @{ Text = $env:AWSMFA_WINDOW_TEXT; UseMnemonic = $false; AutoSize = $true; MaximumSize = (New-Object Drawing.Size 560, 0) }',
  '$code = New-Object Windows.Forms.TextBox -Property @{ Width = 200; AccessibleName = $env:AWSMFA_WINDOW_LABEL }',
  "$buttons = New-Object Windows.Forms.FlowLayoutPanel -Property @{ FlowDirection = 'LeftToRight'; AutoSize = $true }",
  "$ok = New-Object Windows.Forms.Button -Property @{ Text = 'OK'; DialogResult = 'OK' }",
  "$cancel = New-Object Windows.Forms.Button -Property @{ Text = 'Cancel'; DialogResult = 'Cancel' }",
  '$buttons.Controls.AddRange(@($ok, $cancel))',
  '$panel.Controls.AddRange(@($text, $code, $buttons))',
  '$form.Controls.Add($panel)',
  '$form.AcceptButton = $ok',
  '$form.CancelButton = $cancel',
  '$timer = New-Object Windows.Forms.Timer -Property @{ Interval = 1000 * [int]$env:AWSMFA_WINDOW_SECONDS }',
  "$timer.Add_Tick({ $form.DialogResult = 'Abort' })",
  '$form.Add_Shown({ $timer.Start(); $form.Activate(); $code.Focus() })',
  '$result = $form.ShowDialog()',
  `if ($result -eq 'Abort') { exit ${TIMED_OUT} }`,
  `if ($result -ne 'OK') { exit ${CANCELLED} }`,
  '[Console]::Out.Write($code.Text)',
].join('; ')

/** Windows PowerShell, which every Windows has, where every Windows has it. */
export function powershellSpec(systemRoot: string): WindowProgramSpec {
  return {
    files: [`${systemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`],
    call: (text, seconds) => ({
      words: ['-NoLogo', '-NoProfile', '-NonInteractive', '-STA', '-Command', POWERSHELL_SOURCE],
      variables: { AWSMFA_WINDOW_TITLE: text.title, AWSMFA_WINDOW_TEXT: withProblem(text), AWSMFA_WINDOW_LABEL: text.label, AWSMFA_WINDOW_SECONDS: String(seconds) },
    }),
    answer: readEnd,
  }
}

function readEnd({ exitCode, output, talk }: WindowEnd): WindowAnswer {
  if (exitCode === 0) return { kind: 'text', text: output.replace(/\r?\n$/, '') }
  if (exitCode === CANCELLED) return { kind: 'cancelled' }
  return exitCode === TIMED_OUT ? { kind: 'timed-out' } : { kind: 'failed', detail: firstLine(talk) }
}
