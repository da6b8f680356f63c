namespace ContainerTools.Linux.Seccomp;

/// <summary>A condition on one argument of a system call. On 32-bit architectures, x32 among them, only the low 32 bits count.</summary>
/// <param name="Index">Which argument, 0 to 5.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Value">Compared with, or the mask of <see cref="SeccompOperator.MaskedEqual"/>.</param>
/// <param name="ValueTwo">Compared with under <see cref="SeccompOperator.MaskedEqual"/>.</param>
public readonly record struct SeccompCondition(int Index, SeccompOperator Operator, ulong Value, ulong ValueTwo = 0);
