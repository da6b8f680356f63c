using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class SharingTests(ModuleFixture module)
{
    [Fact]
    public void A_push_shows_bars_and_gives_what_the_registry_has()
    {
        using var registry = new TestRegistry();
        var name = registry.Reference("team/busybox:2");
        Assert.Empty(module.Run("Publish-Image $args[0] $args[1] -WhatIf", ModuleFixture.Image, name).Succeeded().Output);

        var result = module.Run("Get-Image $args[0] | Publish-Image -Destination $args[1], $args[2]", ModuleFixture.Image, name, registry.Reference("team/busybox:latest")).Succeeded();

        Assert.Equal([name, registry.Reference("team/busybox:latest")], result.Lines);
        Assert.Contains(result.Progress, p => p.ParentActivityId == 0 && p.PercentComplete == 100);
        Assert.Contains(result.Progress, p => p.ActivityId == 0 && p.RecordType == ProgressRecordType.Completed);
        var digest = module.Run("(Get-Image $args[0]).Digest.ToString()", ModuleFixture.Image).Succeeded().Lines[0]!;
        Assert.Contains(digest, Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{name}").Succeeded().Output, StringComparison.Ordinal);

        // What was pushed can be pulled by the object that says so.
        Assert.Equal(digest, module.Run("Get-Image $args[0] | Publish-Image -Destination $args[1] -ChunkSize 64KB | Save-Image | ForEach-Object { $_.Digest.ToString() }", ModuleFixture.Image, name).Succeeded().Lines[0]);
        Assert.Equal(0L, (long)module.Run("Publish-Image $args[0]", name).Succeeded().Single.SentSize);
        module.Run("Remove-Image $args[0]", name).Succeeded();
    }

    [Fact]
    public void Two_images_do_not_go_to_one_name()
    {
        using var registry = new TestRegistry();
        var other = BusyboxImage.Push(registry, "other:1", config => config["Cmd"] = new System.Text.Json.Nodes.JsonArray("other"));
        module.Run("Save-Image $args[0] | Add-ImageTag -Tag test/other:1", other).Succeeded();
        var result = module.Run("Publish-Image test/busybox:1, test/other:1 -Destination $args[0]", registry.Reference("x:1"));
        Assert.Single(result.Output);
        Assert.Equal("PublishDestinationTaken", Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
        module.Run("Remove-Image test/other:1, $args[0]", other).Succeeded();
    }

    [Theory]
    [InlineData("Publish-Image no/such:1", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Publish-Image test/busybox:1 'UPPER CASE'", "InvalidImageReference", ErrorCategory.InvalidArgument)]
    [InlineData("Publish-Image test/busybox:1 localhost:1/x:1", "RegistryUnavailable", ErrorCategory.ResourceUnavailable)]
    [InlineData("Publish-Image test/busybox:1 localhost:1/x:1 -ChunkSize 1KB", "ParameterArgumentValidationError", ErrorCategory.InvalidData)]
    public void What_goes_wrong_has_an_id_of_its_own(string script, string errorId, ErrorCategory category)
    {
        module.Run(script).FailedWith(errorId, category);
    }
}
