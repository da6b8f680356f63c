using ContainerTools.Core.Registry;

namespace ContainerTools.Core.Build.Language;

/// <summary>The flags of one instruction. Those not taken are unknown.</summary>
internal sealed class FlagSet
{
    private readonly InstructionHead _head;
    private readonly List<(string Name, string? Value, Token Token)> _flags = [];
    private readonly List<string> _known = [];

    internal FlagSet(InstructionHead head)
    {
        _head = head;
        foreach (var token in head.Flags)
        {
            int equals = token.Text.IndexOf('=', StringComparison.Ordinal);
            _flags.Add(equals < 0 ? (token.Text[2..], null, token) : (token.Text[2..equals], token.Text[(equals + 1)..], token));
        }
    }

    /// <summary>The value of a flag that may be given once; null when it was not.</summary>
    internal string? Text(string name) => Single(name) is { } flag ? Value(flag) : null;

    /// <summary>The flag itself, for errors about its value.</summary>
    internal Token Token(string name) => _flags.Find(f => f.Name == name).Token;

    /// <summary>The values of a flag that may be given again and again, in order.</summary>
    internal List<(string Value, Token Token)> Texts(string name)
    {
        _known.Add(name);
        return [.. _flags.Where(f => f.Name == name).Select(f => (Value(f), f.Token))];
    }

    /// <summary>A flag that says yes by itself; null when it was not given.</summary>
    internal bool? Switch(string name)
    {
        if (Single(name) is not { } flag)
            return null;
        return flag.Value?.ToLowerInvariant() switch
        {
            null or "true" => true,
            "false" => false,
            _ => throw _head.Error("ContainerfileFlagInvalid", $"--{name} is true or false, not '{flag.Value}'", flag.Token),
        };
    }

    /// <summary>A flag with one of some values; null when it was not given.</summary>
    internal string? Choice(string name, params string[] choices)
    {
        if (Text(name) is not { } value || choices.Contains(value))
            return Text(name);
        throw _head.Error("ContainerfileFlagInvalid", $"--{name} is {string.Join(" or ", choices)}, not '{value}'{Near(value, choices)}", Token(name));
    }

    /// <summary>Call when every known flag was asked for.</summary>
    internal void RejectUnknown()
    {
        foreach (var (name, _, token) in _flags)
        {
            if (_known.Contains(name))
                continue;
            string known = _known.Count == 0
                ? $"; {_head.Name} has no flags"
                : Near(name, _known) is { Length: > 0 } near ? near : $"; {_head.Name} has {string.Join(", ", _known.Distinct().Select(k => "--" + k))}";
            throw _head.Error("ContainerfileUnknownFlag", $"{_head.Name} does not know the flag --{name}{known}", token);
        }
    }

    /// <summary>" (did you mean x?)", or nothing.</summary>
    internal static string Near(string value, IEnumerable<string> names)
    {
        // Two edits turn any short word into any other.
        int most = value.Length > 3 ? 2 : value.Length - 1;
        string lower = value.ToLowerInvariant();
        var near = names.Where(n => n.Length > 0 && n != value).Select(n => (Name: n, Distance: NearNames.Distance(lower, n.ToLowerInvariant()))).Where(n => n.Distance <= most);
        return near.OrderBy(n => n.Distance).ThenBy(n => char.ToLowerInvariant(n.Name[0]) == lower[0] ? 0 : 1).Select(n => $" (did you mean {n.Name}?)").FirstOrDefault() ?? "";
    }

    private (string Name, string? Value, Token Token)? Single(string name)
    {
        _known.Add(name);
        var given = _flags.FindAll(f => f.Name == name);
        return given.Count <= 1 ? given.Count == 0 ? null : given[0]
            : throw _head.Error("ContainerfileFlagInvalid", $"--{name} is given twice", given[1].Token);
    }

    private string Value((string Name, string? Value, Token Token) flag) =>
        flag.Value ?? throw _head.Error("ContainerfileFlagInvalid", $"--{flag.Name} needs a value: --{flag.Name}=...", flag.Token);
}
