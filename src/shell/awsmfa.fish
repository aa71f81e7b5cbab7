# awsmfa in fish, 3.1 or later: the time remaining of the session, in AWSMFA_PS1. Nothing is started; only fish before 3.5 needs one `date`.
function _awsmfa_prompt --on-event fish_prompt
    set -l code $status
    set -l label
    set -l account
    set -l role
    _awsmfa_segment
    test -n "$AWSMFA_PS1_FORMAT"; and test -n "$AWSMFA_PS1"; and _awsmfa_format
    return $code
end

# Prints the time until an instant, in seconds, and its whole hours and minutes. fish has no clock, but can tell
# when a file was changed and how long ago that was.
if builtin -q path
    function _awsmfa_left
        set -l now (path mtime -- /; path mtime -R -- /)
        _awsmfa_parts "$argv[1] - $now[1] - $now[2]"
    end
else
    function _awsmfa_left
        command -q date; or return
        set -l now (command date +%s 2>/dev/null)
        test -n "$now"; and _awsmfa_parts "$argv[1] - $now"
    end
end

function _awsmfa_parts
    math $argv[1]
    math -s0 "($argv[1]) / 3600"
    math -s0 "($argv[1]) % 3600 / 60"
end

# Prints a path with $NAME and ${NAME} replaced where they are set, as AWS's tools do.
function _awsmfa_expand
    set -l path $argv[1]
    for reference in (string match -r -a '\$(?:\w+|\{[^}]*\})' -- $path)
        set -l name (string trim -c '${}' -- $reference)
        if string match -q -r '^[A-Za-z_]\w*$' -- $name; and set -qx $name
            set path (string replace -- $reference "$$name" $path)
        end
    end
    printf '%s\n' $path
end

# What costs here is each (…): there is one for the time, and others only where they are needed.
function _awsmfa_segment --no-scope-shadowing
    set -g AWSMFA_PS1
    set -l profile default
    set -l inside
    if test -n "$AWSMFA_PROFILE"; and test -z "$AWS_PROFILE$AWS_DEFAULT_PROFILE"; and test -n "$AWS_ACCESS_KEY_ID"; and test -n "$AWS_SECRET_ACCESS_KEY"; and test -n "$AWS_SESSION_TOKEN"
        # Inside of awsmfa exec.
        set profile "$AWSMFA_PROFILE"
        set inside 1
    else if test -n "$AWS_PROFILE"
        set profile "$AWS_PROFILE"
    else if test -n "$AWS_DEFAULT_PROFILE"
        set profile "$AWS_DEFAULT_PROFILE"
    end
    test -n "$AWSMFA_SERVER_CONFIG"; and _awsmfa_served
    set label "$profile"
    set -l file "$profile"
    # What a prompt or a terminal would act upon, and what files cannot be called.
    if string match -q -r '[%/\\\\:*?"<>|`$!]|^[.]|[[:cntrl:]]' -- $profile
        set label (string replace -r -a '[\\\\`$![:cntrl:]]' _ -- $profile | string join _)
        set file (string replace -a % %25 -- $file | string replace -a / %2F | string replace -a \\ %5C | string replace -a : %3A | string replace -a '*' %2A | string replace -a '?' %3F | string replace -a '"' %22 | string replace -a '<' %3C | string replace -a '>' %3E | string replace -a '|' %7C | string replace -r '^[.]' %2E)
    end
    # A profile that was chosen is shown without a session, too.
    test -n "$AWS_PROFILE$AWS_DEFAULT_PROFILE"; and set AWSMFA_PS1 "$label"
    set -l seconds
    test -n "$inside"; and set seconds (_awsmfa_instant "$AWS_CREDENTIAL_EXPIRATION")
    if test -z "$inside"; or test -n "$AWSMFA_PS1_FORMAT"
        set -l credentials "$AWS_SHARED_CREDENTIALS_FILE"
        if string match -q '*$*' -- $credentials
            set credentials (_awsmfa_expand $credentials)
        end
        if test -z "$credentials"
            set credentials "$HOME/.aws/credentials"
        else if string match -q -r '^~(/|$)' -- $credentials
            set credentials "$HOME"(string sub -s 2 -- $credentials)
        end
        set -l second "$credentials.awsmfa/.$file"
        set file "$credentials.awsmfa/$file"
        if test -f "$file"; and test -r "$file"; and test -e "$credentials"; and read -l -d ' ' form end state name <$file; and test "$form" = 1; and test "$name" = "$profile"
            if test "$credentials" -nt "$file"
                set state older
            else if test -n "$AWSMFA_PS1_FORMAT"
                _awsmfa_who
            end
            if test -n "$inside"
                # The time is that of the environment.
            else if test "$state" != ends
                set seconds unknown
            else if string match -q -r '^[1-9][0-9]{0,10}$' -- $end
                set seconds $end
            end
        end
        test -n "$seconds"; or return 0
    end
    if test "$seconds" = unknown
        set AWSMFA_PS1 "$label ?"
        return 0
    end
    set -l left (_awsmfa_left $seconds)
    set -q left[3]; or return 0
    if test $left[1] -ge 3600
        set AWSMFA_PS1 "$label $left[2]h$left[3]m"
    else if test $left[1] -ge 60
        set AWSMFA_PS1 "$label $left[3]m"
    else if test $left[1] -gt 0
        set AWSMFA_PS1 "$label <1m"
    else if test $left[1] -gt -86400
        set AWSMFA_PS1 "$label expired"
    end
    if test $left[1] -gt 0; and test $left[1] -le 600
        _awsmfa_warn $left[1] $seconds "$profile" "$label" $inside
    end
end

# For AWSMFA_PS1_FORMAT: $account and $role from the second file of a profile, if it is of the session that the first has.
function _awsmfa_who --no-scope-shadowing
    test -f "$second"; and test -r "$second"; and not test "$credentials" -nt "$second"; and read -l line <$second; or return 0
    set -l part (string match -r '^2 ([0-9]+ \w+) ([0-9]{12}|-) ([A-Za-z0-9_+=,.@-]+) (.*)$' -- "$line")
    test "$part[2] $part[5]" = "$end $state $profile"; or return 0
    test "$part[3]" != -; and set account "$part[3]"
    test "$part[4]" != -; and set role "$part[4]"
end

# Composes the segment as AWSMFA_PS1_FORMAT says: %p profile, %t time, %a account, %r role or user. What is not known
# leaves no space behind.
function _awsmfa_format --no-scope-shadowing
    # What a prompt would act upon.
    set -l rest (string replace -r -a '[\\\\`$![:cntrl:]]' _ -- "$AWSMFA_PS1_FORMAT" | string join _)
    set -l text
    while string match -q '*%*' -- "$rest"
        set -l parts (string split -m 1 % -- "$rest")
        set text "$text$parts[1]"
        set rest "$parts[2]"
        set -l value
        switch "$rest"
            case 'p*'
                set value "$label"
            case 't*'
                set value (string sub -s (math (string length -- "$label") + 2) -- "$AWSMFA_PS1")
            case 'a*'
                set value "$account"
            case 'r*'
                set value "$role"
            case '%*'
                set value %
            case '*'
                set text "$text%"
                continue
        end
        set rest (string sub -s 2 -- "$rest")
        test -n "$value"; or set text (string trim -r -c ' ' -- "$text")
        set text "$text$value"
    end
    set AWSMFA_PS1 (string trim -l -c ' ' -- "$text$rest")
end

# Inside of awsmfa exec --server AWS_PROFILE names a profile of the copy of the config file: this is the one it serves.
function _awsmfa_served --no-scope-shadowing
    if test "$AWS_CONFIG_FILE" = "$AWSMFA_SERVER_CONFIG"; and string match -q 'awsmfa-server*' -- $profile; and test -n "$AWSMFA_PROFILE"
        set profile "$AWSMFA_PROFILE"
    end
end

# Prints the instant of a text such as 2026-11-21T18:40:00Z.
function _awsmfa_instant
    set -l part (string match -r '^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$' -- $argv[1])
    if test (count $part) -ne 7
        echo unknown
        return
    end
    set -l year $part[2]
    set -l month $part[3]
    if test $month -lt 3
        set year (math $year - 1)
        set month (math $month + 12)
    end
    math "(365 * $year + floor($year / 4) - floor($year / 100) + floor($year / 400) + floor((153 * ($month - 3) + 2) / 5) + $part[4] - 719469) * 86400 + $part[5] * 3600 + $part[6] * 60 + $part[7]"
end

# Says once at ten and once at five minutes before the end what renews the session.
function _awsmfa_warn -a left seconds profile label inside
    set -l mark 10
    test $left -le 300; and set mark 5
    contains -- "$seconds $mark $profile" $_awsmfa_warned; and return
    set -g -a _awsmfa_warned "$seconds $mark $profile"
    set -l word (string escape -- $profile)
    string match -q -- '-*' $profile; and set word --profile=$word
    set -l minutes (math "ceil($left / 60)")
    if test -n "$inside"
        echo "awsmfa: session in this shell ends in $minutes min. To renew: exit, and run awsmfa exec $word" >&2
    else
        echo "awsmfa: session of '$label' ends in $minutes min. To renew: awsmfa login $word" >&2
    end
end

# awsmfa-use sets AWS_PROFILE to a profile that exists; `-` returns to the one before, `--clear` unsets it; without a
# name it asks which one on a terminal, and elsewhere prints the profile in use.
function awsmfa-use
    set -l usage 'usage: awsmfa-use [PROFILE | - | --clear] (no argument: choose from a list)'
    if test (count $argv) -eq 0; and test -t 0; and test -t 1; and not status is-command-substitution
        set -l picked (command awsmfa status --pick --format '{profile}')
        set -l code $status
        contains -- $code 0 4; or return $code
        test -n "$picked"; or return 1
        set argv $picked
    else if test (count $argv) -eq 0
        set -l profile (_awsmfa_profile_in_use "$AWS_PROFILE")
        test -n "$AWSMFA_SERVER_CONFIG"; and _awsmfa_served
        printf '%s\n' $profile
        return
    else if test (count $argv) -gt 1; or test -z "$argv[1]"
        echo $usage >&2
        return 2
    end
    set -l next $argv[1]
    switch $argv[1]
        case --help -h
            echo $usage
            return
        case --clear
            set next ''
        case -
            if not set -q _awsmfa_previous
                echo 'awsmfa-use: no previous profile' >&2
                return 1
            end
            set next "$_awsmfa_previous"
            _awsmfa_profile_in_use "$next"
        case '*'
            if not contains -- $argv[1] (_awsmfa_profiles)
                if string match -q -- '-*' $argv[1]
                    echo $usage >&2
                    return 2
                end
                # Its error names the files, and the profile that may be meant.
                command awsmfa status --profile=$argv[1] >/dev/null
                or test $status -eq 4
                or return 1
            end
    end
    set -g _awsmfa_previous "$AWS_PROFILE"
    if test -z "$next"
        set -eg AWS_PROFILE
        return 0
    end
    set -gx AWS_PROFILE $next
    if test -n "$AWS_ACCESS_KEY_ID"
        echo "awsmfa-use: credentials in this shell override AWS_PROFILE. To remove them: set -e AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN" >&2
    end
    return 0
end

function _awsmfa_profile_in_use
    for name in $argv[1] $AWS_DEFAULT_PROFILE default
        if test -n "$name"
            printf '%s\n' $name
            return
        end
    end
end

# Completion. No program is started; the names of profiles are read from the files when TAB is pressed.
function _awsmfa_profiles
    set -l config "$AWS_CONFIG_FILE"
    set -l credentials "$AWS_SHARED_CREDENTIALS_FILE"
    test -n "$config"; or set config "$HOME/.aws/config"
    test -n "$credentials"; or set credentials "$HOME/.aws/credentials"
    set config (_awsmfa_expand $config | string replace -r '^~/' "$HOME/")
    set credentials (_awsmfa_expand $credentials | string replace -r '^~/' "$HOME/")
    test -f "$credentials"; and test -r "$credentials"; and string match -r -g '^\[\s*(.*?)\s*\]' <$credentials | string match -v -r '^$|^DEFAULT$|[[:cntrl:]]'
    test -f "$config"; and test -r "$config"; and string match -r -g '^\[\s*(default|profile\s+.*?)\s*\]' <$config | string replace -r '^profile\s+' '' | string replace -r '^(["\'])(.*)\1$' '$2' | string match -v -r '^$|[[:cntrl:]]'
    return 0
end

# The command that was typed, of two words where there are such, and `--` where that stands after it; before there is one, the
# option whose value is next.
function _awsmfa_command
    set -l words (commandline -opc)
    set -l taking SLOT_VALUE_OPTIONS
    set -l command
    set -l before
    for word in $words[2..-1]
        if test "$word" = --
            set command "$command --"
            break
        end
        if string match -q -- '-*' $word
            set before $word
            continue
        end
        # Options and their values are no words of the command.
        if contains -- "$before" $taking
            set before
            continue
        end
        set before
        if test -z "$command"
            set command $word
        else if contains -- "$command $word" SLOT_TWO_WORDS
            set command "$command $word"
        end
    end
    if test -z "$command"; and contains -- "$before" $taking
        set command $before
    end
    printf '%s\n' "$command"
end

# What fish offers for the words after `--` as a line of their own.
function _awsmfa_program
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words); or return
    set -e words[1..$at]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

function _awsmfa_is
    set -l command (_awsmfa_command)
    test "$argv[1]" = "$command"
end

complete -c awsmfa-use -f -n 'test (count (commandline -opc)) -eq 1' -a '(_awsmfa_profiles)'
complete -c awsmfa-use -n 'test (count (commandline -opc)) -eq 1' -a - -d 'the profile before'
complete -c awsmfa-use -n 'test (count (commandline -opc)) -eq 1' -l clear -d 'unset AWS_PROFILE'
# SLOT_COMMANDS
