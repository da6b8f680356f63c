namespace ContainerTools.Linux.Processes;

/// <summary>A step just added to a <see cref="CallTable"/>; as an argument of a later step it stands for what it returned.</summary>
internal readonly struct CallStep(CallTable table, int index)
{
    public int Index => index;

    /// <summary>Goes on when the call fails with one of these (at most four) errors, leaving out the given number of following steps.</summary>
    public CallStep Tolerate(ReadOnlySpan<int> errors, int skip = 0)
    {
        ref var step = ref table.StepAt(index);
        if (errors.Length > 4)
            throw new ArgumentException("A step tolerates four errors at most.", nameof(errors));
        for (var i = 0; i < errors.Length; i++)
            step.Tolerated[i] = (ushort)errors[i];
        step.SkipOnTolerated = checked((ushort)skip);
        return this;
    }

    /// <summary>Leaves out the given number of following steps when the call returns more than zero.</summary>
    public CallStep SkipOnPositive(int skip)
    {
        table.StepAt(index).SkipOnPositive = checked((ushort)skip);
        return this;
    }

    /// <summary>Takes a result of zero, the end of a stream, for a failure.</summary>
    public CallStep FailOnZero()
    {
        table.StepAt(index).ZeroFails = true;
        return this;
    }

    /// <summary>Says what to throw when the step fails, instead of the general message.</summary>
    public CallStep OnError(Func<int, Exception> error)
    {
        table.StepAt(index).Error = error;
        return this;
    }
}
