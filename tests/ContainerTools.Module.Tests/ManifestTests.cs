using System.Management.Automation;
using System.Reflection;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class ManifestTests(ModuleFixture module)
{
    private static readonly string[] s_changing =
    [
        "Add", "Build", "Connect", "Copy", "Disconnect", "Export", "Import", "Invoke", "New", "Optimize", "Publish", "Remove", "Rename", "Restart", "Resume", "Save", "Send", "Set", "Start",
        "Stop", "Suspend",
    ];

    [Fact]
    public void The_manifest_names_every_cmdlet_of_the_assembly_and_no_other()
    {
        var exported = Cmdlets();
        var declared = exported[0].ImplementingType.Assembly.GetExportedTypes()
            .Select(t => t.GetCustomAttribute<CmdletAttribute>()).OfType<CmdletAttribute>().Select(c => $"{c.VerbName}-{c.NounName}");

        Assert.Equal(declared.Order(StringComparer.Ordinal), exported.Select(c => c.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Verbs_are_approved_and_what_changes_something_can_be_asked_what_if()
    {
        var approved = new[] { typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle), typeof(VerbsOther), typeof(VerbsSecurity) }
            .SelectMany(t => t.GetFields()).Select(f => (string)f.GetRawConstantValue()!).ToHashSet();
        foreach (var cmdlet in Cmdlets())
        {
            Assert.Contains(cmdlet.Verb, approved);
            Assert.True(cmdlet.Parameters.ContainsKey("WhatIf") == s_changing.Contains(cmdlet.Verb), $"{cmdlet.Name} and -WhatIf");
            Assert.True(cmdlet.ImplementingType.IsSealed, $"{cmdlet.Name} is not sealed");
        }
    }

    [Fact]
    public void Every_cmdlet_and_parameter_has_help()
    {
        string[] common = [.. Cmdlet.CommonParameters, "C"];
        foreach (var cmdlet in Cmdlets())
        {
            dynamic help = module.Run("Get-Help $args[0] -Full", cmdlet.Name).Succeeded().Single;
            Assert.False(((string)help.Synopsis).Contains(cmdlet.Name + " [", StringComparison.Ordinal), $"{cmdlet.Name} has no help");
            Assert.NotEmpty(module.Run("(Get-Help $args[0] -Full).description", cmdlet.Name).Output);
            Assert.NotEmpty(module.Run("(Get-Help $args[0] -Full).examples.example", cmdlet.Name).Output);
            var described = module.Run("(Get-Help $args[0] -Full).parameters.parameter | Where-Object { $_.description.Text } | ForEach-Object Name", cmdlet.Name).Lines;
            var missing = cmdlet.Parameters.Keys.Except(common).Except(described!).ToList();
            Assert.True(missing.Count == 0, $"{cmdlet.Name} -{string.Join(", -", missing)} is not described; run help/Update-Help.ps1");
        }
    }

    [Theory]
    [InlineData("Stop-Container", "Container", true)]
    [InlineData("Get-Container", "Container", true)]
    [InlineData("Invoke-ContainerCommand", "Container", true)]
    [InlineData("Get-Image", "Image", true)]
    [InlineData("Remove-Volume", "Volume", true)]
    [InlineData("Get-ContainerNetwork", "Network", true)]
    [InlineData("New-Container", "Image", false)]
    [InlineData("Stop-Container", "Signal", false)]
    public void Help_says_whether_a_parameter_takes_wildcards(string cmdlet, string parameter, bool wildcards) =>
        Assert.Equal([wildcards ? "true" : "false"], module.Run("(Get-Help $args[0] -Parameter $args[1]).globbing", cmdlet, parameter).Succeeded().Lines);

    [Fact]
    public void An_image_has_no_property_that_New_Container_would_bind()
    {
        var parameters = Cmdlets().Single(c => c.Name == "New-Container").Parameters.Values;
        var names = parameters.SelectMany(p => p.Aliases.Prepend(p.Name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var image = module.Run("Get-Image $args[0]", ModuleFixture.Image).Succeeded().Output[0];

        Assert.DoesNotContain(image.Properties, p => names.Contains(p.Name));
    }

    [Fact]
    public void Third_party_assemblies_stay_out_of_the_default_context()
    {
        var libraries = AppDomain.CurrentDomain.GetAssemblies().Where(a => a.GetName().Name is "ZstdSharp" or "ICSharpCode.SharpZipLib" or "Tmds.LibC").ToList();
        Assert.All(libraries, l => Assert.NotEqual(System.Runtime.Loader.AssemblyLoadContext.Default, System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(l)));
        Assert.Equal("ContainerTools.Container", module.Run("[ContainerTools.Container].FullName").Succeeded().Lines[0]);
        var bin = Path.Combine(TestSupport.RepositoryPaths.Root, "bin");
        Assert.All(Directory.GetFiles(bin, "*.dll"), f => Assert.StartsWith("ContainerTools", Path.GetFileName(f), StringComparison.Ordinal));
    }

    private List<CmdletInfo> Cmdlets() => [.. module.Run("Get-Command -Module ContainerTools").Succeeded().Output.Select(o => (CmdletInfo)o.BaseObject)];
}
