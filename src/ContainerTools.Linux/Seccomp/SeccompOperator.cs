namespace ContainerTools.Linux.Seccomp;

/// <summary>How an argument is compared, unsigned.</summary>
public enum SeccompOperator
{
    /// <summary>Argument differs from the value.</summary>
    NotEqual,

    /// <summary>Argument is less than the value.</summary>
    Less,

    /// <summary>Argument is at most the value.</summary>
    LessOrEqual,

    /// <summary>Argument equals the value.</summary>
    Equal,

    /// <summary>Argument is at least the value.</summary>
    GreaterOrEqual,

    /// <summary>Argument is greater than the value.</summary>
    Greater,

    /// <summary>Argument and the second value agree in the bits set in the first one.</summary>
    MaskedEqual,
}
