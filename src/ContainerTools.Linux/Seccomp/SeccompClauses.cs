namespace ContainerTools.Linux.Seccomp;

/// <summary>The clauses of a profile on one architecture, ordered by call number and then as the rules are.</summary>
internal sealed class SeccompClauses
{
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
        foreach ((int number, int operation, int multiplexer) in Multiplexed())
        {
            foreach (SeccompRule rule in profile.Rules)
            {
                if (rule.Action == profile.DefaultAction || rule.Conditions.Count > 0 || Array.IndexOf(rule.Syscalls, (ushort)number) < 0)
                    continue;
                _clauses.Add(new SeccompClause(rule.Action, [new SeccompCondition(0, SeccompOperator.Equal, (ulong)operation)]));
                _keys[count++] = (ulong)multiplexer << 32 | (uint)(_clauses.Count - 1);
            }
        }
    }

    // Place in the table, linux/net.h's SYS_* or linux/ipc.h's code, number of the call that carries it.
    private static IEnumerable<(int Place, int Operation, int Multiplexer)> Multiplexed()
    {
        string[] sockets =
        [
            "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto", "recvfrom",
            "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
        ];
        for (int i = 0; i < sockets.Length; i++)
        {
            if (SyscallTable.Find(sockets[i]) is >= 0 and int place)
                yield return (place, i + 1, 102);
        }
        (string Name, int Code)[] ipc =
        [
            ("semop", 1), ("semget", 2), ("semctl", 3), ("semtimedop", 4), ("msgsnd", 11), ("msgrcv", 12), ("msgget", 13), ("msgctl", 14),
            ("shmat", 21), ("shmdt", 22), ("shmget", 23), ("shmctl", 24),
        ];
        foreach ((string name, int code) in ipc)
        {
            if (SyscallTable.Find(name) is >= 0 and int place)
                yield return (place, code, 117);
        }
    }
}
