namespace ContainerTools.Linux.Seccomp;

/// <summary>The clauses of a profile on one architecture, ordered by call number and then as the rules are.</summary>
internal sealed class SeccompClauses
{
    // The place in a list is the operation's number: linux/net.h's SYS_*, linux/ipc.h.
    private static readonly string[] s_sockets =
    [
        "", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto", "recvfrom", "shutdown",
        "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
    ];

    private static readonly string[] s_ipc =
    [
        "", "semop", "semget", "semctl", "semtimedop", "", "", "", "", "", "", "msgsnd", "msgrcv", "msgget", "msgctl", "", "", "", "", "", "", "shmat", "shmdt",
        "shmget", "shmctl",
    ];

    private readonly List<SeccompClause> _clauses = [];
    private readonly ulong[] _keys;
    private readonly int _count;

    internal SeccompClauses(SeccompProfile profile, SeccompArchitecture architecture)
    {
        bool multiplexed = architecture == SeccompArchitecture.X86;
        int most = 0;
        foreach (SeccompRule rule in profile.Rules)
            most += rule.Syscalls.Length * (multiplexed ? 2 : 1);
        _keys = new ulong[most];
        foreach (SeccompRule rule in profile.Rules)
        {
            if (rule.Action == profile.DefaultAction)
                continue;
            _clauses.Add(new SeccompClause(rule.Action, rule.Conditions));
            foreach (ushort syscall in rule.Syscalls)
            {
                int number = SyscallTable.Number(syscall, architecture);
                if (number >= 0)
                    _keys[_count++] = (ulong)number << 32 | (uint)(_clauses.Count - 1);
            }
        }
        if (multiplexed)
            AddMultiplexed(profile, ref _count);
        _keys.AsSpan(0, _count).Sort();
    }

    /// <summary>Number in the upper half, place of the clause in the lower one.</summary>
    internal ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, _count);

    internal SeccompClause this[ulong key] => _clauses[(int)(uint)key];

    internal SeccompClause[] Select(ReadOnlySpan<ulong> keys)
    {
        var selected = new SeccompClause[keys.Length];
        for (int i = 0; i < keys.Length; i++)
            selected[i] = this[keys[i]];
        return selected;
    }

    // On 32-bit x86 the socket and System V calls can also be made through socketcall(2) and ipc(2), whose first argument says which. A rule on the
    // plain call means both. Conditions on the others' arguments cannot be checked there, since they lie behind a pointer.
    private void AddMultiplexed(SeccompProfile profile, ref int count)
    {
        AddMultiplexed(profile, "socketcall"u8, s_sockets, ref count);
        AddMultiplexed(profile, "ipc"u8, s_ipc, ref count);
    }

    private void AddMultiplexed(SeccompProfile profile, ReadOnlySpan<byte> multiplexer, string[] operations, ref int count)
    {
        int place = SyscallTable.Find(multiplexer);
        // A rule on the multiplexer itself decides alone.
        foreach (SeccompRule rule in profile.Rules)
        {
            if (rule.Action != profile.DefaultAction && rule.Conditions.Count == 0 && rule.Syscalls.AsSpan().Contains((ushort)place))
                return;
        }
        ulong number = (ulong)SyscallTable.Number(place, SeccompArchitecture.X86);
        for (int operation = 0; operation < operations.Length; operation++)
        {
            if (operations[operation].Length == 0)
                continue;
            ushort call = (ushort)SyscallTable.Find(operations[operation]);
            foreach (SeccompRule rule in profile.Rules)
            {
                if (rule.Action == profile.DefaultAction || rule.Conditions.Count > 0 || !rule.Syscalls.AsSpan().Contains(call))
                    continue;
                _clauses.Add(new SeccompClause(rule.Action, [new SeccompCondition(0, SeccompOperator.Equal, (ulong)operation)]));
                _keys[count++] = number << 32 | (uint)(_clauses.Count - 1);
            }
        }
    }
}
