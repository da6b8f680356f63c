namespace ContainerTools.Module.Tests;

/// <summary>One store and one runspace for all tests, which take turns.</summary>
[CollectionDefinition(Name)]
public sealed class ModuleCollection : ICollectionFixture<ModuleFixture>
{
    public const string Name = "Module";
}
