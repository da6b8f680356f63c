using System.Globalization;
using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>Reads the value of <c>RUN --mount</c>: fields of the form <c>key=value</c> between commas, a field in double quotes where it holds one.</summary>
internal static class RunMountReader
{
    private static readonly string[] s_keys =
    [
        "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw", "id", "sharing", "required", "size", "mode",
        "uid", "gid", "env",
    ];

    /// <summary>Reads a mount.</summary>
    /// <param name="text">The flag's value.</param>
    /// <param name="expand">Expands the variables of a value; null before expansion, when values with a <c>$</c> are left out.</param>
    /// <exception cref="FormatException">It makes no sense; the message says what.</exception>
    internal static RunMount Read(string text, Func<string, string>? expand)
    {
        var mount = new RunMount();
        bool? readOnly = null;
        bool complete = true;
        var given = new HashSet<string>();
        foreach (string field in Fields(text))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string key = (equals < 0 ? field : field[..equals]).ToLowerInvariant();
            if (!s_keys.Contains(key))
                throw new FormatException($"--mount has no option '{key}'{FlagSet.Near(key, s_keys)}");
            string? value = equals < 0 ? null : field[(equals + 1)..];
            if (key == "from" && value?.Contains('$') == true)
                throw new FormatException("a mount's from takes no variables; write FROM ... AS name with a global ARG, and use that name here");
            if (value?.Contains('$') == true && expand is null)
            {
                complete = false;
                continue;
            }

            if (value is null && key is not ("readonly" or "ro" or "readwrite" or "rw" or "required"))
                throw new FormatException($"the mount option {key} needs a value: {key}=...");
            value = value is null ? null : expand?.Invoke(value) ?? value;
            given.Add(key);
            switch (key)
            {
                case "readonly" or "ro":
                    readOnly = Boolean(key, value);
                    break;
                case "readwrite" or "rw":
                    readOnly = !Boolean(key, value);
                    break;
                default:
                    mount = With(mount, key, value);
                    break;
            }
        }

        mount = mount with
        {
            ReadOnly = readOnly ?? mount.Type is not (RunMountType.Cache or RunMountType.TmpFs),
            Target = string.IsNullOrEmpty(mount.Target) && mount.Type == RunMountType.Bind ? "." : mount.Target,
        };
        if (complete)
            Validate(mount, given);
        return mount;
    }

    private static RunMount With(RunMount mount, string key, string? value) => key switch
    {
        "type" => mount with { Type = Choice<RunMountType>(key, value!) },
        "from" => mount with { From = value is { Length: > 0 } ? value : null },
        "source" or "src" => mount with { Source = value },
        "target" or "dst" or "destination" => mount with { Target = value },
        "id" => mount with { Id = value },
        "sharing" => mount with { Sharing = Choice<RunMountSharing>(key, value!) },
        "required" => mount with { Required = Boolean(key, value) },
        "size" => mount with { Size = Size(value!) },
        "mode" => mount with { Mode = Mode(value!) },
        "uid" => mount with { UserId = Number(key, value!) },
        "gid" => mount with { GroupId = Number(key, value!) },
        _ => mount with { EnvironmentVariable = value },
    };

    private static void Validate(RunMount mount, HashSet<string> given)
    {
        string[] only = mount.Type switch
        {
            RunMountType.Bind => [],
            RunMountType.Cache => ["sharing", "mode", "uid", "gid", "id"],
            RunMountType.TmpFs => ["size"],
            RunMountType.Secret => ["required", "mode", "uid", "gid", "id", "env"],
            _ => ["required", "mode", "uid", "gid", "id"],
        };
        string type = mount.Type.ToString().ToLowerInvariant();
        foreach (string key in new[] { "sharing", "size", "required", "mode", "uid", "gid", "env" })
        {
            if (given.Contains(key) && !only.Contains(key))
                throw new FormatException($"a mount of type {type} has no {key}");
        }

        if (mount.Type is RunMountType.Cache or RunMountType.TmpFs && string.IsNullOrEmpty(mount.Target))
            throw new FormatException($"a mount of type {type} needs a target: target=/path");
        if (mount.Target is { Length: > 0 } target && target.Trim('/').Length == 0)
            throw new FormatException("a mount cannot have the root directory as its target");
        if (mount.Type is RunMountType.Secret or RunMountType.Ssh or RunMountType.TmpFs && mount.From is not null)
            throw new FormatException($"a mount of type {type} has no from");
        if (mount.Type == RunMountType.Secret && mount is { Id: not null, Source: not null })
            throw new FormatException("a secret has an id or a source (an older name of the same), not both");
        if (mount.Type == RunMountType.Secret && string.IsNullOrEmpty(mount.Id ?? mount.Source ?? mount.Target))
            throw new FormatException("a secret needs an id: type=secret,id=NAME");
    }

    private static List<string> Fields(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append(text[++i]);
            }
            else if (c == '"' && (quoted || field.Length == 0))
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString());
        return !quoted && fields.TrueForAll(f => f.Length > 0) ? fields
            : throw new FormatException(quoted ? "a double quote is not closed in --mount" : "--mount has an empty option: write key=value,key=value");
    }

    private static bool Boolean(string key, string? value) => value?.ToLowerInvariant() switch
    {
        null or "1" or "t" or "true" => true,
        "0" or "f" or "false" => false,
        _ => throw new FormatException($"the mount option {key} is true or false, not '{value}'"),
    };

    private static T Choice<T>(string key, string value) where T : struct, Enum
    {
        string[] names = Array.ConvertAll(Enum.GetNames<T>(), n => n.ToLowerInvariant());
        int index = Array.IndexOf(names, value.ToLowerInvariant());
        return index >= 0 ? Enum.GetValues<T>()[index]
            : throw new FormatException($"the mount option {key} is one of {string.Join(", ", names)}, not '{value}'{FlagSet.Near(value, names)}");
    }

    private static uint Number(string key, string value) => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number
        : throw new FormatException($"the mount option {key} is a number, not '{value}'");

    private static uint Mode(string value)
    {
        uint mode = 0;
        foreach (char c in value)
        {
            if (c is < '0' or > '7' || (mode = (mode * 8) + c - '0') > 0xFFF)
                throw new FormatException($"the mount option mode is an octal number such as 0755, not '{value}'");
        }

        return value.Length > 0 ? mode : throw new FormatException("the mount option mode is an octal number such as 0755");
    }

    private static long Size(string value)
    {
        string text = value.Trim().ToLowerInvariant();
        int end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
            end--;
        int power = text[end..] switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 1,
            "m" or "mb" or "mib" => 2,
            "g" or "gb" or "gib" => 3,
            "t" or "tb" or "tib" => 4,
            _ => -1,
        };
        return power >= 0 && decimal.TryParse(text[..end].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * (1L << (10 * power)) is var bytes and < long.MaxValue ? (long)bytes
            : throw new FormatException($"the mount option size is a number of bytes such as 64m or 1g, not '{value}'");
    }
}
