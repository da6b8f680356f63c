using System.Text;

namespace ContainerTools.Linux.Seccomp;

/// <summary>
/// Answers some system calls with an action, when all conditions hold. For one system call, a rule without conditions beats any with; among
/// rules of the same kind the first that fits decides.
/// </summary>
public sealed class SeccompRule
{
    private SeccompRule(SeccompAction action, ushort[] syscalls, SeccompCondition[] conditions) =>
        (Action, Syscalls, Conditions) = (action, syscalls, conditions);

    /// <summary>The answer.</summary>
    public SeccompAction Action { get; }

    /// <summary>All must hold; none: always.</summary>
    public IReadOnlyList<SeccompCondition> Conditions { get; }

    /// <summary>Places in <see cref="SyscallTable"/>.</summary>
    internal ushort[] Syscalls { get; }

    /// <summary>A rule for calls by name; names that the table does not know are left out, as the kernels meant here do not have them.</summary>
    /// <exception cref="ArgumentException">A condition names an argument outside 0 to 5.</exception>
    public static SeccompRule Create(SeccompAction action, IEnumerable<string> names, params SeccompCondition[] conditions)
    {
        var syscalls = new List<ushort>();
        foreach (string name in names)
        {
            if (SyscallTable.Find(name) is >= 0 and int place)
                syscalls.Add((ushort)place);
        }
        return new SeccompRule(action, [.. syscalls], Checked(conditions));
    }

    /// <summary>A rule for calls named in a UTF-8 text, white space between them. The cheap form for built-in lists.</summary>
    /// <exception cref="ArgumentException">A condition names an argument outside 0 to 5.</exception>
    public static SeccompRule Create(SeccompAction action, ReadOnlySpan<byte> names, params SeccompCondition[] conditions)
    {
        Span<ushort> syscalls = stackalloc ushort[SyscallTable.Count];
        int count = 0;
        while (NextName(ref names) is { Length: > 0 } name)
        {
            if (count < syscalls.Length && SyscallTable.Find(name) is >= 0 and int place)
                syscalls[count++] = (ushort)place;
        }
        return new SeccompRule(action, syscalls[..count].ToArray(), Checked(conditions));
    }

    /// <summary>The names in such a text, also those that the table does not know.</summary>
    public static IReadOnlyList<string> Names(ReadOnlySpan<byte> names)
    {
        var result = new List<string>();
        while (NextName(ref names) is { Length: > 0 } name)
            result.Add(Encoding.ASCII.GetString(name));
        return result;
    }

    private static ReadOnlySpan<byte> NextName(ref ReadOnlySpan<byte> names)
    {
        int start = names.IndexOfAnyExceptInRange((byte)0, (byte)' ');
        if (start < 0)
            return [];
        names = names[start..];
        int length = names.IndexOfAnyInRange((byte)0, (byte)' ');
        ReadOnlySpan<byte> name = length < 0 ? names : names[..length];
        names = names[name.Length..];
        return name;
    }

    private static SeccompCondition[] Checked(SeccompCondition[] conditions)
    {
        foreach (SeccompCondition condition in conditions)
        {
            if (condition.Index is < 0 or > 5)
                throw new ArgumentException($"A system call has the arguments 0 to 5; a condition names argument {condition.Index}.", nameof(conditions));
        }
        return conditions;
    }
}
