namespace ContainerTools.Linux.Seccomp;

/// <summary>
/// Makes the classic BPF program of a <see cref="SeccompProfile"/>. Numbers with one answer are joined to ranges and the ranges found by binary
/// search, so the list of some 400 calls on three architectures becomes about 300 instructions of which a call passes a dozen. The same
/// profile always gives the same program.
/// </summary>
public static class SeccompCompiler
{
    // linux/audit.h; struct seccomp_data
    private const uint AuditX86_64 = 0xC000003E, AuditX86 = 0x40000003, AuditAArch64 = 0xC00000B7, AuditArm = 0x40000028;
    private const uint NumberOffset = 0, ArchitectureOffset = 4, ArgumentsOffset = 16;

    /// <summary>Compiles a profile.</summary>
    /// <exception cref="InvalidOperationException">The program would exceed the 4,096 instructions that the kernel takes.</exception>
    public static SeccompFilter Compile(SeccompProfile profile)
    {
        var writer = new BpfWriter();
        uint[] tokens = [AuditX86_64, AuditX86, AuditAArch64, AuditArm];
        SeccompArchitecture[] owners = [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.AArch64, SeccompArchitecture.Arm];
        int next = writer.ReturnValue(SeccompAction.KillProcess.Value);
        // The native architecture is written last, which puts its test first.
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < tokens.Length; i++)
            {
                if (owners[i] == SeccompProfile.Native == (pass == 1) && Segments(profile, owners[i]) is { Count: > 0 } segments)
                {
                    int search = Search(writer, segments, 0, segments.Count - 1, owners[i]);
                    if (search != writer.Position)
                        writer.JumpTo(search);
                    int block = writer.Load(NumberOffset);
                    next = writer.Jump(BpfWriter.Equal, tokens[i], block, next);
                }
            }
        }
        writer.Load(ArchitectureOffset);
        bool notifies = profile.DefaultAction == SeccompAction.Notify || profile.Rules.Any(static rule => rule.Action == SeccompAction.Notify);
        return new SeccompFilter(writer.ToArray(), profile.Flags, notifies);
    }

    private static List<SeccompSegment> Segments(SeccompProfile profile, SeccompArchitecture architecture)
    {
        var segments = new List<SeccompSegment>(128);
        bool known = profile.Architectures.Contains(architecture);
        bool x32 = architecture == SeccompArchitecture.X86_64 && profile.Architectures.Contains(SeccompArchitecture.X32);
        if (!known && !x32)
            return segments;
        if (known)
            AddSegments(segments, profile, architecture, 0);
        else
            Append(segments, 0, SeccompAction.KillProcess);
        if (x32)
            AddSegments(segments, profile, SeccompArchitecture.X32, SyscallTable.X32Bit);
        else if (architecture == SeccompArchitecture.X86_64)
            Append(segments, SyscallTable.X32Bit, SeccompAction.KillProcess);
        return segments;
    }

    private static void AddSegments(List<SeccompSegment> segments, SeccompProfile profile, SeccompArchitecture architecture, uint first)
    {
        var clauses = new SeccompClauses(profile, architecture);
        ReadOnlySpan<ulong> keys = clauses.Keys;
        Append(segments, first, profile.DefaultAction);
        uint after = first;
        for (int i = 0, end; i < keys.Length; i = end)
        {
            uint number = (uint)(keys[i] >> 32);
            SeccompClause? always = null;
            for (end = i; end < keys.Length && keys[end] >> 32 == number; end++)
            {
                SeccompClause clause = clauses[keys[end]];
                if (always is null && clause.Conditions.Count == 0)
                    always = clause;
            }
            if (always is { } one)
                Append(segments, number, one.Action);
            else
                Append(segments, number, profile.DefaultAction, clauses.Select(keys[i..end]));
            after = number + 1;
            Append(segments, after, profile.DefaultAction);
        }
        // The private numbers of 32-bit ARM lie far above the others and would hide the newer calls.
        if (keys.Length > 0 && architecture != SeccompArchitecture.Arm && profile.NewerAction is { } newer && !profile.DefaultAction.LetsPass)
            Append(segments, after, newer);
    }

    // A segment of no length gives way, and one that continues its predecessor is part of it.
    private static void Append(List<SeccompSegment> segments, uint start, SeccompAction action, SeccompClause[]? clauses = null)
    {
        if (segments.Count > 0 && segments[^1].Start == start)
            segments.RemoveAt(segments.Count - 1);
        if (clauses is null && segments.Count > 0 && segments[^1].Clauses is null && segments[^1].Action == action)
            return;
        segments.Add(new SeccompSegment(start, action, clauses));
    }

    private static int Search(BpfWriter writer, List<SeccompSegment> segments, int low, int high, SeccompArchitecture architecture)
    {
        if (low == high)
            return Leaf(writer, segments[low], architecture is SeccompArchitecture.X86 or SeccompArchitecture.Arm || segments[low].Start >= SyscallTable.X32Bit);
        int middle = (low + high + 1) / 2;
        int above, below;
        // Returns are written last, near to the jump, so that many can share one.
        if (middle == high)
        {
            below = Search(writer, segments, low, middle - 1, architecture);
            above = Search(writer, segments, middle, high, architecture);
        }
        else
        {
            above = Search(writer, segments, middle, high, architecture);
            below = Search(writer, segments, low, middle - 1, architecture);
        }
        return writer.Jump(BpfWriter.GreaterOrEqual, segments[middle].Start, above, below);
    }

    private static int Leaf(BpfWriter writer, SeccompSegment segment, bool narrow)
    {
        int next = writer.ReturnValue(segment.Action.Value);
        for (int clause = (segment.Clauses?.Length ?? 0) - 1; clause >= 0; clause--)
        {
            int match = writer.ReturnValue(segment.Clauses![clause].Action.Value);
            IReadOnlyList<SeccompCondition> conditions = segment.Clauses[clause].Conditions;
            for (int i = conditions.Count - 1; i >= 0; i--)
                match = Test(writer, conditions[i], match, next, narrow);
            next = match;
        }
        return next;
    }

    // Arguments are 64 bits, the accumulator 32: the upper half decides unless it is equal.
    private static int Test(BpfWriter writer, SeccompCondition condition, int match, int fail, bool narrow)
    {
        uint offset = ArgumentsOffset + 8 * (uint)condition.Index;
        (uint high, uint low) = ((uint)(condition.Value >> 32), (uint)condition.Value);
        switch (condition.Operator)
        {
            case SeccompOperator.MaskedEqual:
                ulong wanted = condition.ValueTwo & condition.Value;
                writer.Jump(BpfWriter.Equal, (uint)wanted, match, fail);
                writer.Mask(low);
                int lower = writer.Load(offset);
                if (narrow || high == 0)
                    return lower;
                writer.Jump(BpfWriter.Equal, (uint)(wanted >> 32), lower, fail);
                writer.Mask(high);
                return writer.Load(offset + 4);
            case SeccompOperator.Equal:
                return Compare(BpfWriter.Equal, match, fail, fail, fail);
            case SeccompOperator.NotEqual:
                return Compare(BpfWriter.Equal, fail, match, match, match);
            case SeccompOperator.Greater:
                return Compare(BpfWriter.Greater, match, fail, match, fail);
            case SeccompOperator.GreaterOrEqual:
                return Compare(BpfWriter.GreaterOrEqual, match, fail, match, fail);
            case SeccompOperator.Less:
                return Compare(BpfWriter.GreaterOrEqual, fail, match, fail, match);
            case SeccompOperator.LessOrEqual:
                return Compare(BpfWriter.Greater, fail, match, fail, match);
            default:
                throw new ArgumentException($"There is no comparison {condition.Operator}.", nameof(condition));
        }

        int Compare(ushort test, int whenTrue, int whenFalse, int whenGreater, int whenLess)
        {
            writer.Jump(test, low, whenTrue, whenFalse);
            int lower = writer.Load(offset);
            if (narrow)
                return lower;
            if (whenGreater == whenLess)
                writer.Jump(BpfWriter.Equal, high, lower, whenLess);
            else
                writer.Jump(BpfWriter.Greater, high, whenGreater, writer.Jump(BpfWriter.Equal, high, lower, whenLess));
            return writer.Load(offset + 4);
        }
    }
}
