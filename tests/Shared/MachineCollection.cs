namespace ContainerTools.TestSupport;

/// <summary>
/// For tests that look at, or load, the whole machine: they run one after another, after the others of their assembly.
/// (xunit wants a collection's definition in the assembly that uses it, so this file is compiled into each.)
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachineCollection
{
    public const string Name = "Machine";
}
