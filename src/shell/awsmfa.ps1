# awsmfa in PowerShell, 5.1 or later: the time remaining of the session, in $AWSMFA_PS1. Nothing is started.
# One of the two files: the one that is named, with variables and `~` as AWS's tools read them, or the usual one.
function global:Get-AwsmfaFile([string]$Named, [string]$Usual) {
  $userHome = $HOME
  if ($env:USERPROFILE -and [IO.Path]::DirectorySeparatorChar -eq '\') { $userHome = $env:USERPROFILE } elseif ($env:HOME) { $userHome = $env:HOME }
  if (-not $Named) { return [IO.Path]::Combine($userHome, '.aws', $Usual) }
  $references = '\$([A-Za-z0-9_]+)|\$\{([^}]*)\}'
  if ([IO.Path]::DirectorySeparatorChar -eq '\') { $references += '|%([^%]+)%' }
  $Named = [regex]::Replace($Named, $references, {
      param($found)
      $value = [Environment]::GetEnvironmentVariable($found.Groups[1].Value + $found.Groups[2].Value + $found.Groups[3].Value)
      if ($null -eq $value) { $found.Value } else { $value }
    })
  $Named -replace '\A~(?=[\\/]|\z)', $userHome.Replace('$', '$$')
}

# Inside of awsmfa exec --server AWS_PROFILE names a profile of the copy of the config file: this is the one it serves.
function global:Get-AwsmfaServed([string]$Name) {
  $isInCopy = $env:AWSMFA_SERVER_CONFIG -and $env:AWS_CONFIG_FILE -ceq $env:AWSMFA_SERVER_CONFIG -and $Name -clike 'awsmfa-server*'
  if ($isInCopy -and $env:AWSMFA_PROFILE) { $env:AWSMFA_PROFILE } else { $Name }
}

# What awsmfa wrote of a profile: when its session ends, which is $null if that is not known, and whose it is.
function global:Get-AwsmfaLine([string]$Name, [string]$Credentials) {
  $encoded = $Name.Replace('%', '%25').Replace('/', '%2F').Replace('\', '%5C').Replace(':', '%3A').Replace('*', '%2A').Replace('?', '%3F').Replace('"', '%22').Replace('<', '%3C').Replace('>', '%3E').Replace('|', '%7C') -replace '\A\.', '%2E'
  $file = [IO.Path]::Combine("$credentials.awsmfa", $encoded)
  $second = [IO.Path]::Combine("$credentials.awsmfa", '.' + $encoded)
  if (-not ([IO.File]::Exists($file) -and [IO.File]::Exists($Credentials))) { return }
  $line = [regex]::Match([IO.File]::ReadAllText($file), '\A1 (([0-9]{1,11}) (\w+)) ([^\n]+)\n')
  if (-not $line.Success -or $line.Groups[4].Value -cne $Name) { return }
  $changed = [IO.File]::GetLastWriteTimeUtc($Credentials)
  $isOlder = $changed -gt [IO.File]::GetLastWriteTimeUtc($file)
  $who = [regex]::Match('', 'x')
  # The second file counts if it is of the session that the first has.
  if ($env:AWSMFA_PS1_FORMAT -and -not $isOlder -and [IO.File]::Exists($second) -and $changed -le [IO.File]::GetLastWriteTimeUtc($second)) {
    $found = [regex]::Match([IO.File]::ReadAllText($second), '\A2 ([0-9]{1,11} \w+) ([0-9]{12}|-) ([A-Za-z0-9_+=,.@-]+) ([^\n]+)\n')
    if ($found.Groups[1].Value -ceq $line.Groups[1].Value -and $found.Groups[4].Value -ceq $Name) { $who = $found }
  }
  @{
    End = if ($line.Groups[3].Value -ceq 'ends' -and -not $isOlder) { [long]$line.Groups[2].Value } else { $null }
    Account = if ($who.Groups[2].Value -ceq '-') { '' } else { $who.Groups[2].Value }
    Role = if ($who.Groups[3].Value -ceq '-') { '' } else { $who.Groups[3].Value }
  }
}

# Composes the segment as AWSMFA_PS1_FORMAT says: %p profile, %t time, %a account, %r role or user. What is not known
# leaves no space behind.
function global:Format-AwsmfaSegment([string]$Label, $Line) {
  $values = @{ p = $Label; t = $global:AWSMFA_PS1.Substring($Label.Length).TrimStart(' '); a = ''; r = ''; '%' = '%' }
  if ($Line) { $values.a = $Line.Account; $values.r = $Line.Role }
  # What a prompt would act upon.
  $format = $env:AWSMFA_PS1_FORMAT -replace '[\\`$!\p{Cc}]', '_'
  $text = ''
  $at = 0
  foreach ($found in [regex]::Matches($format, '%([ptar%])')) {
    $value = $values[$found.Groups[1].Value]
    $text += $format.Substring($at, $found.Index - $at)
    if (-not $value) { $text = $text.TrimEnd(' ') }
    $text += $value
    $at = $found.Index + $found.Length
  }
  ($text + $format.Substring($at)).TrimStart(' ')
}

function global:Update-AwsmfaSegment {
  $label = ''
  $line = $null
  $global:AWSMFA_PS1 = ''
  try {
    $inside = $env:AWSMFA_PROFILE -and -not "$env:AWS_PROFILE$env:AWS_DEFAULT_PROFILE" -and $env:AWS_ACCESS_KEY_ID -and $env:AWS_SECRET_ACCESS_KEY -and $env:AWS_SESSION_TOKEN
    $end = $null
    if ($inside) {
      # Inside of awsmfa exec.
      $name = $env:AWSMFA_PROFILE
      $at = [DateTimeOffset]::MinValue
      $style = [Globalization.DateTimeStyles]::AssumeUniversal
      if ([DateTimeOffset]::TryParseExact("$env:AWS_CREDENTIAL_EXPIRATION", "yyyy-MM-dd'T'HH:mm:ss'Z'", [Globalization.CultureInfo]::InvariantCulture, $style, [ref]$at)) { $end = $at.ToUnixTimeSeconds() }
    } else {
      $name = 'default'
      if ($env:AWS_PROFILE) { $name = Get-AwsmfaServed $env:AWS_PROFILE } elseif ($env:AWS_DEFAULT_PROFILE) { $name = $env:AWS_DEFAULT_PROFILE }
    }
    $label = $name -replace '[\\`$!\p{Cc}]', '_'
    if (-not $inside -or $env:AWSMFA_PS1_FORMAT) { $line = Get-AwsmfaLine $name (Get-AwsmfaFile $env:AWS_SHARED_CREDENTIALS_FILE 'credentials') }
    if (-not $inside) {
      # A profile that was chosen is shown without a session, too.
      if ($env:AWS_PROFILE -or $env:AWS_DEFAULT_PROFILE) { $global:AWSMFA_PS1 = $label }
      if ($null -eq $line) { return }
      $end = $line.End
    }
    if ($null -eq $end) { $global:AWSMFA_PS1 = "$label ?"; return }
    $left = $end - [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    if ($left -ge 3600) { $global:AWSMFA_PS1 = "$label $([Math]::Floor($left / 3600))h$([Math]::Floor($left % 3600 / 60))m" }
    elseif ($left -ge 60) { $global:AWSMFA_PS1 = "$label $([Math]::Floor($left / 60))m" }
    elseif ($left -gt 0) { $global:AWSMFA_PS1 = "$label <1m" }
    elseif ($left -gt -86400) { $global:AWSMFA_PS1 = "$label expired" }
    # Says once at ten and once at five minutes before the end what renews the session.
    if ($left -gt 0 -and $left -le 600) {
      $mark = if ($left -le 300) { "$end 5 $name" } else { "$end 10 $name" }
      if ($global:AwsmfaWarned -cnotcontains $mark) {
        $global:AwsmfaWarned = @($global:AwsmfaWarned) + $mark
        $word = if ($name -cmatch '\A[A-Za-z0-9_.][A-Za-z0-9_.-]*\z') { $name } else { "'--profile=" + $name.Replace("'", "''") + "'" }
        $minutes = [Math]::Ceiling($left / 60)
        if ($inside) { [Console]::Error.WriteLine("awsmfa: session in this shell ends in $minutes min. To renew: exit, and run awsmfa exec $word") }
        else { [Console]::Error.WriteLine("awsmfa: session of '$label' ends in $minutes min. To renew: awsmfa login $word") }
      }
    }
  } catch {
    # What cannot be read is not shown.
    $global:AWSMFA_PS1 = ''
  } finally {
    if ($env:AWSMFA_PS1_FORMAT -and $global:AWSMFA_PS1) { $global:AWSMFA_PS1 = Format-AwsmfaSegment $label $line }
  }
}

if (-not $global:AwsmfaPromptBefore) {
  $global:AwsmfaWarned = @()
  $global:AwsmfaPromptBefore = $function:prompt
  function global:prompt {
    $succeeded = $?
    $exitCode = $global:LASTEXITCODE
    Update-AwsmfaSegment
    $global:LASTEXITCODE = $exitCode
    # The prompt that was there before sees how the last command ended.
    if ($succeeded) { $null = 1 } else { Write-Error '' -ErrorAction Ignore }
    & $global:AwsmfaPromptBefore
  }
}

# awsmfa-use sets AWS_PROFILE to a profile that exists; `-` returns to the one before, `--clear` unsets it; without a
# name it asks which one on a terminal, and elsewhere prints the profile in use.
function global:awsmfa-use([string]$Name) {
  $usage = 'usage: awsmfa-use [PROFILE | - | --clear] (no argument: choose from a list)'
  if ($args.Count -gt 0) { [Console]::Error.WriteLine($usage); $global:LASTEXITCODE = 2; return }
  if (-not $Name -and -not [Console]::IsInputRedirected -and -not [Console]::IsOutputRedirected) {
    $Name = "$(awsmfa status --pick --format '{profile}')"
    if ($LASTEXITCODE -ne 0 -and $LASTEXITCODE -ne 4) { return }
    if (-not $Name) { $global:LASTEXITCODE = 1; return }
  }
  $next = $Name
  if (-not $Name) {
    if ($env:AWS_PROFILE) { Get-AwsmfaServed $env:AWS_PROFILE } elseif ($env:AWS_DEFAULT_PROFILE) { $env:AWS_DEFAULT_PROFILE } else { 'default' }
    return
  } elseif ($Name -ceq '--help') {
    $usage
    return
  } elseif ($Name -ceq '--clear') {
    $next = ''
  } elseif ($Name -ceq '-') {
    if (-not (Test-Path -LiteralPath Variable:global:AwsmfaPrevious)) { [Console]::Error.WriteLine('awsmfa-use: no previous profile'); $global:LASTEXITCODE = 1; return }
    $next = $global:AwsmfaPrevious
    if ($next) { $next } elseif ($env:AWS_DEFAULT_PROFILE) { $env:AWS_DEFAULT_PROFILE } else { 'default' }
  } elseif (@(Get-AwsmfaProfile) -cnotcontains $Name) {
    if ($Name.StartsWith('-')) { [Console]::Error.WriteLine($usage); $global:LASTEXITCODE = 2; return }
    # Its error names the files, and the profile that may be meant.
    awsmfa status ('--profile=' + $Name) | Out-Null
    if ($LASTEXITCODE -ne 0 -and $LASTEXITCODE -ne 4) { return }
  }
  $global:AwsmfaPrevious = [string]$env:AWS_PROFILE
  if (-not $next) { Remove-Item -LiteralPath Env:AWS_PROFILE -ErrorAction SilentlyContinue; return }
  $env:AWS_PROFILE = $next
  if ($env:AWS_ACCESS_KEY_ID) { [Console]::Error.WriteLine("awsmfa-use: credentials in this shell override AWS_PROFILE. To remove them: Remove-Item Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY, Env:AWS_SESSION_TOKEN") }
}

# Completion. No program is started; the names of profiles are read from the files when TAB is pressed.
function global:Get-AwsmfaProfile {
  $credentials = Get-AwsmfaFile $env:AWS_SHARED_CREDENTIALS_FILE 'credentials'
  $config = Get-AwsmfaFile $env:AWS_CONFIG_FILE 'config'
  $names = @()
  if ([IO.File]::Exists($credentials)) { $names += [regex]::Matches([IO.File]::ReadAllText($credentials), '(?m)^\[[ \t]*([^\]\r\n]+?)[ \t]*\]') | ForEach-Object { $_.Groups[1].Value } }
  if ([IO.File]::Exists($config)) { $names += [regex]::Matches([IO.File]::ReadAllText($config), '(?m)^\[[ \t]*(?:profile[ \t]+["'']?([^\]\r\n]+?)["'']?|(default))[ \t]*\]') | ForEach-Object { $_.Groups[1].Value + $_.Groups[2].Value } }
  $names | Where-Object { $_ -cne 'DEFAULT' } | Select-Object -Unique
}

$global:AwsmfaCommands = @{
  # SLOT_COMMANDS
}

Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1)
  $dashes = $null
  $command = ''
  $last = ''
  $taking = @(SLOT_VALUE_OPTIONS)
  $skip = $false
  foreach ($element in $elements) {
    $last = "$element"
    # PowerShell hands on a `--` in quotes, and may keep one without.
    if (@('--', "'--'", '"--"') -ccontains $last) { $dashes = $element; break }
    # Options and their values are no words of the command.
    if ($last -like '-*') { $skip = $taking -ccontains $last; continue }
    if ($skip) { $skip = $false; continue }
    if (-not $command) { $command = $last } elseif ($global:AwsmfaCommands.ContainsKey("$command $last")) { $command = "$command $last" }
  }
  $known = $global:AwsmfaCommands[$command]
  if (-not $known) { return }
  if ($dashes) {
    # A program and its words, as at the beginning of a line.
    if (-not $known.TakesProgram) { return }
    $cursor = $cursorPosition - $dashes.Extent.EndOffset
    $line = $commandAst.Extent.Text.Substring($dashes.Extent.EndOffset - $commandAst.Extent.StartOffset).PadRight($cursor)
    return [Management.Automation.CommandCompletion]::CompleteInput($line, $cursor, $null).CompletionMatches
  }
  $before = ''
  if ($wordToComplete -cmatch '\A(--[a-z-]+)=(.*)\z') { $last = $Matches[1]; $before = "$last="; $wordToComplete = $Matches[2] }
  $offered = if ($known.Profiles -ccontains $last) { Get-AwsmfaProfile }
  elseif ($known.Choices.ContainsKey($last)) { $known.Choices[$last] }
  elseif ($taking -ccontains $last) { return }
  elseif ($wordToComplete -like '-*') { @($known.Flags) + @($known.Values) }
  elseif ($known.TakesProfile) { Get-AwsmfaProfile | Where-Object { $_ -cnotmatch '(-long-term|Perm|Permanent|-perm|-permanent)\z' -or $command -cmatch '\A(keys( .*)?|rotate|setup|settings|doctor)\z' } }
  else { $known.Takes }
  $offered | Where-Object { $_ -and $_.StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
    $text = if ($_ -cmatch '\A[A-Za-z0-9_./=-]+\z') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [Management.Automation.CompletionResult]::new($before + $text, $_, 'ParameterValue', $_)
  }
}

Register-ArgumentCompleter -CommandName awsmfa-use -ParameterName Name -ScriptBlock {
  param($commandName, $parameterName, $wordToComplete)
  @(Get-AwsmfaProfile) + @('-', '--clear') | Where-Object { $_.StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
    $text = if ($_ -cmatch '\A[A-Za-z0-9_./=-]+\z') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
  }
}
