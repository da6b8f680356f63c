using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class UsageTests(ModuleFixture module)
{
    [Fact]
    public void An_images_layers_have_sizes_and_places()
    {
        var layer = module.Run("Get-ImageLayer $args[0]", ModuleFixture.Image).Succeeded().Single;
        Assert.Equal(1, (int)layer.Number);
        Assert.True(Directory.Exists(Path.Combine((string)layer.Path, "bin")));
        Assert.True((long)layer.Size > 1_000_000);
        Assert.Equal(module.Run("(Get-Image $args[0]).Layers | ForEach-Object ToString", ModuleFixture.Image).Succeeded().Lines, [layer.DiffId.ToString()]);
        module.Run("Get-ImageLayer no/such:1").FailedWith("ImageNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void What_is_in_use_stays_and_the_rest_goes()
    {
        using var registry = new TestRegistry();
        var other = BusyboxImage.Push(registry, "other:1", config => config["Cmd"] = new System.Text.Json.Nodes.JsonArray("other"));
        try
        {
            module.Run("Save-Image $args[0]", other).Succeeded();
            module.Run("New-Volume kept; New-Volume free; New-Container $args[0] -Name runs -Volume kept:/data -- sleep 100 | Start-Container", ModuleFixture.Image).Succeeded();
            module.Run("New-Container $args[0] -Name ended -- true | Start-Container; Wait-Container ended; New-Container $args[0] -Name fresh true", ModuleFixture.Image).Succeeded();

            var usage = module.Run("Get-ContainerDiskUsage").Succeeded().Output.ToDictionary(u => u.Properties["Kind"].Value.ToString()!, u => (dynamic)u);
            Assert.Equal((2, 1), ((int)usage["Image"].Count, (int)usage["Image"].InUse));
            Assert.Equal((3, 1), ((int)usage["Container"].Count, (int)usage["Container"].InUse));
            Assert.Equal((2, 1), ((int)usage["Volume"].Count, (int)usage["Volume"].InUse));
            Assert.Equal(0, (int)usage["Leftover"].Count);
            Assert.True((long)usage["Image"].ReclaimableSize > 0 && (long)usage["Container"].ReclaimableSize > 0);

            Assert.Empty(module.Run("Optimize-ContainerStorage").Succeeded().Output);
            Assert.Empty(module.Run("Optimize-ContainerStorage -StoppedContainer -UnusedImage -UnusedVolume -OlderThan 1h").Succeeded().Output);
            Assert.Empty(module.Run("Optimize-ContainerStorage -StoppedContainer -UnusedImage -UnusedVolume -WhatIf").Succeeded().Output);
            var removed = module.Run("Optimize-ContainerStorage -StoppedContainer -UnusedImage -UnusedVolume | ForEach-Object Name").Succeeded();
            Assert.Equal(["ended", "free", other], removed.Lines);
            Assert.Equal(["fresh", "runs"], module.Run("Get-Container | ForEach-Object Name").Succeeded().Lines.Order(StringComparer.Ordinal));
            Assert.Equal(["kept"], module.Run("Get-Volume").Succeeded().Lines);
            Assert.Equal([ModuleFixture.Image], module.Run("Get-Image").Succeeded().Lines);
        }
        finally
        {
            module.Clean();
            module.Run("Get-Image localhost* | Remove-Image");
        }
    }

    [Fact]
    public void What_if_counts_on_what_would_go_before()
    {
        try
        {
            module.Run("New-Container $args[0] -Name ended -Volume data:/data -- true | Start-Container; Wait-Container ended", ModuleFixture.Image).Succeeded();
            using var shell = module.Create("Optimize-ContainerStorage -UnusedImage -UnusedVolume; Get-Image");
            Assert.Equal([ModuleFixture.Image], shell.Invoke().Select(o => o.ToString()));

            // The container would go, and then the volume and the image that only it uses.
            var text = Command.Run("pwsh", ["-NoProfile", "-c", $"Import-Module {RepositoryPaths.ModuleManifest}; Optimize-ContainerStorage -StoppedContainer -UnusedImage -UnusedVolume -WhatIf"], module.Store.Environment).Succeeded().Output;
            Assert.Contains("Remove container ended", text, StringComparison.Ordinal);
            Assert.Contains("Remove volume data", text, StringComparison.Ordinal);
            Assert.Contains("Remove image " + ModuleFixture.Image, text, StringComparison.Ordinal);
            Assert.Equal(["ended"], module.Run("Get-Container").Succeeded().Lines);
        }
        finally
        {
            module.Clean();
        }
    }
}
